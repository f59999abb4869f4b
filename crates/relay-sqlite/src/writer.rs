//! The single writer of a company's file: group commit by an actor.

use std::{future::Future, pin::Pin, time::Duration};

use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{mpsc, oneshot};
use zuc_relay_store::StoreError;

use crate::row::db;

/// A future on the writer's connection.
pub(crate) type OnConnection<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;

/// Hands the job's result to its caller, once the commit is known.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// One job: runs in a savepoint, tells whether it is to be kept, and how to answer.
type Job = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> OnConnection<'c, (bool, Reply)> + Send>;

/// How many jobs one transaction takes at most.
const GROUP_MAX: usize = 1_000;

/// The way to a company's writer.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the actor, which opens the file when there is something to write, unless `connection` is given: most companies are
    /// only read from. It ends, and closes the file, when the last handle is gone.
    pub(crate) fn start(connect: SqliteConnectOptions, connection: Option<SqliteConnection>, gather: Duration) -> Self {
        let (jobs, inbox) = mpsc::channel(GROUP_MAX);
        tokio::spawn(run(connect, connection, inbox, gather));
        Self { jobs }
    }

    /// Runs `work` in the writer's next transaction; what it wrote is durable when this returns `Ok`, and undone
    /// when it returns `Err`. Once begun it ends even if the caller goes away.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> OnConnection<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            Box::pin(async move {
                let result = work(connection).await;
                let kept = result.is_ok();
                let reply: Reply = Box::new(move |committed| {
                    let _gone = answer.send(committed.and(result));
                });
                (kept, reply)
            })
        });
        self.jobs.send(job).await.map_err(|_closed| stopped())?;
        answered.await.map_err(|_closed| stopped())?
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

async fn run(
    connect: SqliteConnectOptions,
    mut connection: Option<SqliteConnection>,
    mut inbox: mpsc::Receiver<Job>,
    gather: Duration,
) {
    let mut group = Vec::new();
    while let Some(first) = inbox.recv().await {
        group.push(first);
        #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
        let until = tokio::time::Instant::now() + gather;
        while group.len() < GROUP_MAX {
            match tokio::time::timeout_at(until, inbox.recv()).await {
                Ok(Some(job)) => group.push(job),
                Ok(None) | Err(_) => break,
            }
        }
        let opened = match connection.take() {
            Some(opened) => Ok(opened),
            None => connect.connect().await,
        };
        match opened {
            Ok(opened) => transact(connection.insert(opened), group.drain(..)).await,
            Err(error) => {
                // jobs that are dropped drop their answers, as where a transaction cannot begin
                tracing::error!(error = %error, "a company's file could not be opened to write");
                group.clear();
            }
        }
    }
    let Some(connection) = connection else { return };
    if let Err(error) = sqlx::Connection::close(connection).await {
        tracing::warn!(error = %error, "a company's file did not close cleanly");
    }
}

async fn transact(connection: &mut SqliteConnection, mut jobs: impl ExactSizeIterator<Item = Job> + Send) {
    let mut replies = Vec::new();
    let mut end = "COMMIT";
    let mut failed = begin(connection).await.err();
    let alone = jobs.len() == 1;
    while let Some(job) = jobs.next().filter(|_| failed.is_none()) {
        if alone {
            // What one job takes back is the whole transaction.
            let (kept, reply) = job(connection).await;
            end = if kept { "COMMIT" } else { "ROLLBACK" };
            replies.push(reply);
            continue;
        }
        match savepoint(connection, job).await {
            Ok(reply) => replies.push(reply),
            Err(error) => failed = Some(error),
        }
    }
    // Jobs that are dropped drop their answers: the caller reads "stopped" and may try again.
    let ended = match failed {
        None => execute(connection, end).await,
        Some(error) => Err(error),
    };
    if ended.is_err() {
        let _not_begun = execute(connection, "ROLLBACK").await;
    }
    let error = ended.err().map(|error| error.to_string());
    for reply in replies {
        reply(match &error {
            None => Ok(()),
            Some(text) => Err(StoreError::Unavailable(text.clone().into())),
        });
    }
    if let Some(error) = error {
        tracing::error!(error, "a transaction was not committed");
    }
}

async fn savepoint(connection: &mut SqliteConnection, job: Job) -> Result<Reply, StoreError> {
    execute(connection, "SAVEPOINT job").await?;
    let (kept, reply) = job(connection).await;
    if !kept {
        execute(connection, "ROLLBACK TO job").await?;
    }
    execute(connection, "RELEASE job").await?;
    Ok(reply)
}

async fn begin(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE").await
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), StoreError> {
    sqlx::query(statement).execute(connection).await.map(|_done| ()).map_err(db)
}
