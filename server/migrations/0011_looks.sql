-- What somebody has chosen to wear in the crowd, as a number of `bandstand_domain::crowd::ChosenLook`; nothing
-- where the looks follow from who they are. A guest keeps it in their session.
ALTER TABLE accounts ADD COLUMN look BIGINT;
