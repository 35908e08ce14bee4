//! Relations of the caller to what belongs to an account: by these [`crate::rights`] decide.

use std::error::Error;

use bandstand_domain::Refusal;

use super::store::helpers::{Delegation, helps};
use crate::{
    caller::Caller,
    database::DatabaseError,
    ids::AccountId,
    rights::{Action, Relation, Resource, may},
};

impl Caller {
    /// Returns whether the caller may do `action` to a resource of the account `owner`.
    ///
    /// # Errors
    /// `Broken`.
    pub async fn may<E: Error>(
        &self,
        owner: &AccountId,
        resource: Resource,
        action: Action,
    ) -> Result<bool, Refusal<E>> {
        Ok(may(&self.relations_to(owner).await?, resource, action))
    }

    /// All that the caller is to what belongs to the account `owner`.
    async fn relations_to(&self, owner: &AccountId) -> Result<Vec<Relation>, DatabaseError> {
        let Some(account) = self.account().await? else {
            let somebody = self.viewer().await?.map(|_| Relation::Somebody);
            return Ok(somebody.into_iter().collect());
        };
        let owns = account.id == *owner;
        let delegation = Delegation { artist: owner, helper: &account.id };
        let helper = !owns && helps(&self.services.database, delegation).await?;
        let relations = [
            (true, Relation::Somebody),
            (account.artist, Relation::Artist),
            (owns, Relation::Owner),
            (helper, Relation::Helper),
            (account.operator, Relation::Operator),
        ];
        Ok(relations.into_iter().filter_map(|(is, relation)| is.then_some(relation)).collect())
    }
}
