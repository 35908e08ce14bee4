//! Stream keys, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::stream_keys::port::StreamKeys;
use bandstand_domain::{
    stage::StageError,
    stream_keys::{NewStreamKey, StreamKey, StreamKeyId},
};

use crate::caller::Caller;

#[async_trait]
impl StreamKeys for Caller {
    async fn list(&self) -> Result<Vec<StreamKey>, StageError> {
        super::list(self).await
    }

    async fn make(&self, name: String) -> Result<NewStreamKey, StageError> {
        super::make(self, &name).await
    }

    async fn revoke(&self, id: StreamKeyId) -> Result<(), StageError> {
        super::revoke(self, id).await
    }
}
