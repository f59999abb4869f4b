//! A company on its way from one store to another: its rows, plainly, table by table.
//!
//! The store it leaves refuses every write from the moment of leaving, so that what is read afterwards, in as many
//! transactions as it takes, is one view, and nothing acknowledged is left behind. The store it comes to shows it
//! when all of it is there. Whatever breaks in between, the same call again goes on.

use async_trait::async_trait;

use crate::{CompanyId, LogId, RelayStore, StoreError};

/// The code of a write that came after the company left.
pub const MOVED: &str = "relay.moved";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number; also yes and no, as 1 and 0.
    Int,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// None.
    Null,
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// What happens to a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// They are added and never change.
    Grow,
    /// They are added and change.
    Change,
    /// They are added, change, and are taken out.
    ComeAndGo,
}

/// A table, without the company: both makers name tables and columns alike.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of its key first.
    pub columns: &'static [(&'static str, Kind)],
    /// How many columns the key has.
    pub key: usize,
    /// What happens to its rows.
    pub rows: Rows,
}

macro_rules! tables {
    ($($name:ident: $rows:ident, ($($key:ident $key_kind:ident),*), ($($column:ident $kind:ident),*);)*) => {
        &[$(Table {
            name: stringify!($name),
            columns: &[$((stringify!($key), Kind::$key_kind),)* $((stringify!($column), Kind::$kind),)*],
            key: [$(stringify!($key)),*].len(),
            rows: Rows::$rows,
        },)*]
    };
}

/// Every table, those that others refer to first, and the control log last: without its genesis a company is unknown.
pub const TABLES: &[Table] = tables! {
    scope_head: Change, (scope Int), (seq Int, chain Bytes);
    entry: Grow, (scope Int, seq Int), (kind Int, chain Bytes, bytes Bytes, at_ms Int, author Bytes, number Int, hash Bytes);
    author: Change, (device Bytes), (control_seq Int);
    bag: Change, (scope Int), (generation Bytes);
    bag_wrap: ComeAndGo, (scope Int, bytes Bytes), ();
    bag_row: ComeAndGo, (scope Int, key Bytes), (wrap Bytes);
    bag_erased: Grow, (scope Int, key Bytes), ();
    invite: Grow, (id Bytes), (until_ms Int, bytes Bytes);
    enrolment: Change, (invite Bytes), (device Bytes, bytes Bytes, state Text, at_ms Int);
    request: Grow, (id Bytes), (digest Bytes, receipt Bytes, at_ms Int);
    folio: Change, (serie Text, number Int), (invoice Bytes, state Text);
    rfc_claim: ComeAndGo, (token Bytes), (account Bytes, device Bytes, at_ms Int);
    lead_claim: Grow, (number Int), (lead Bytes, device Bytes, at_ms Int);
    lease: Change, (job Text, period Text), (device Bytes, fence Int, until_ms Int);
    stamp_intent: Change, (invoice Bytes), (intent Text, serie Text, folio Int);
    stamp_attempt: Change, (stamp_key Text), (
        invoice Bytes, serie Text, folio Int, scope Int, made_by Bytes, state Text, fence Int, lease_ms Int,
        deadline_ms Int, due_ms Int, absences Int, recoveries Int, ever_sent Int, code Text, detail Text, uuid Text,
        xml Bytes, stamped_xml Bytes, receipt Bytes, received_ms Int, settled_ms Int);
    idempotency: ComeAndGo, (who Text, key Text), (
        request Bytes, at_ms Int, status Int, content_type Text, body Bytes);
    attachment: ComeAndGo, (scope Int, id Bytes), (size Int, have Int, at_ms Int);
    attachment_piece: ComeAndGo, (scope Int, id Bytes, place Int), (bytes Bytes);
    attachment_dropped: Grow, (scope Int, id Bytes), (at_ms Int);
    loss: Change, (log Bytes), (since_ms Int, thawed_ms Int);
    offered: Change, (log Bytes, device Bytes), (witness Int);
    manifest: ComeAndGo, (scope Int, hash Bytes), (log Bytes, cursor Int, author Bytes, bytes Bytes);
    manifest_word: ComeAndGo, (scope Int, manifest Bytes, device Bytes), (bytes Bytes);
    pack: ComeAndGo, (scope Int, manifest Bytes, hash Bytes), (bytes Bytes);
    log_begin: Change, (scope Int), (seq Int, manifest Bytes, waits Bytes, since_ms Int);
    held: Change, (scope Int, device Bytes), (bytes Bytes);
    seen: Change, (device Bytes), (at_ms Int);
    left_behind: Change, (scope Int, device Bytes), (digest Bytes, bytes Bytes, at_ms Int);
    control: Grow, (seq Int), (hash Bytes, bytes Bytes, at_ms Int);
};

/// Names one move: only the store that a company left for takes its rows.
pub type Ticket = [u8; 16];

/// Leaving and arriving.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Makes room for a company that is not here, or that left; nobody sees it until it arrives. Gives the ticket of
    /// a move that was begun before, else `ticket`.
    ///
    /// # Errors
    /// [`StoreError::CompanyExists`] when it is here.
    async fn expect(&self, company: CompanyId, ticket: Ticket) -> Result<Ticket, StoreError>;

    /// Refuses every write from now on with [`MOVED`], durably; reads are answered as before. Gives the log's name.
    ///
    /// # Errors
    /// [`StoreError::Refused`] [`MOVED`] when it left under another ticket; [`StoreError::UnknownCompany`].
    async fn leave(&self, company: CompanyId, ticket: Ticket) -> Result<LogId, StoreError>;

    /// At most `max` rows of a table after the one with the key `after`, ascending by key; of a company that left.
    async fn rows(
        &self,
        company: CompanyId,
        table: &'static Table,
        after: Option<Vec<Value>>,
        max: u32,
    ) -> Result<Vec<Vec<Value>>, StoreError>;

    /// Takes rows in, of a company that is expected; one that stands is as the new one says, but that the bytes of an entry which
    /// are here stay.
    async fn put(&self, company: CompanyId, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<(), StoreError>;

    /// Takes out the rows of tables whose rows come and go, of a company that is expected and may have been here.
    async fn clear(&self, company: CompanyId) -> Result<(), StoreError>;

    /// Shows an expected company, under its log's name, if each table of [`TABLES`] has as many rows as `counts` says.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the table whose rows are not as many.
    async fn arrive(&self, company: CompanyId, log_id: LogId, counts: Vec<u64>) -> Result<(), StoreError>;
}

/// Rows of one question and one answer: an entry may be 256 KiB.
const PAGE: u32 = 64;

/// Moves a company from a store to another; gives how many rows went. To be called again with the same stores when it
/// failed.
///
/// # Errors
/// [`StoreError::CompanyExists`] when it is at `to` already; [`StoreError::Refused`] [`MOVED`] when it left `from` for
/// another store.
pub async fn move_company(
    from: &dyn RelayStore,
    to: &dyn RelayStore,
    company: CompanyId,
    ticket: Ticket,
) -> Result<u64, StoreError> {
    from.log_id(company).await?;
    let ticket = to.expect(company, ticket).await?;
    let log_id = from.leave(company, ticket).await?;
    to.clear(company).await?;
    let mut counts = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let (mut count, mut after) = (0, None);
        loop {
            let rows = from.rows(company, table, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last[..table.key].to_vec());
            count += rows.len() as u64;
            to.put(company, table, rows).await?;
        }
        counts.push(count);
    }
    let all = counts.iter().sum();
    to.arrive(company, log_id, counts).await?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tables_key_comes_first() {
        let entry = TABLES.iter().find(|table| table.name == "entry").unwrap();
        assert_eq!(entry.columns[..entry.key], [("scope", Kind::Int), ("seq", Kind::Int)]);
        assert_eq!(TABLES.last().unwrap().name, "control");
    }
}
