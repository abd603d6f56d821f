//! What the connections promise: durable commits, deadlocks that nobody sees, a file that is really there.

use super::*;

/// Two groups that want the same rows in opposite order: the database ends one of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_between_edges_is_nobodys_error() {
    let two = Two::ledgers().await;
    let (a, b) = (two.held(0, 0).await.payment, two.held(1, 1).await.payment);
    let touch = |ledger: &Ledger, first: String, then: String| {
        let writer = ledger.writer.clone();
        async move {
            writer
                .run(move |db| {
                    Box::pin(async move {
                        for payment in [first, then] {
                            sqlx::query("UPDATE payments SET updated_at = updated_at + 1 WHERE payment = $1")
                                .bind(payment)
                                .execute(&mut *db)
                                .await?;
                            // Time for the other to take its first.
                            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                        }
                        Ok(())
                    })
                })
                .await
        }
    };
    let done = tokio::join!(
        touch(&two.one, a.clone(), b.clone()),
        touch(&two.other, b, a.clone())
    );
    assert!(matches!(done, (Ok(()), Ok(()))), "{done:?}");
    let row = two.one.payment(&a).await.unwrap().unwrap();
    assert_eq!(
        row.updated_at,
        NOW + 2,
        "a run that was undone counts nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_commits_durably() {
    let two = Two::ledgers().await;
    let asked: &[(&'static str, &str)] = match database::postgres() {
        None => &[
            ("PRAGMA journal_mode", "wal"),
            ("PRAGMA synchronous", "2"),
            ("PRAGMA foreign_keys", "1"),
            ("PRAGMA busy_timeout", "5000"),
        ],
        Some(_) => &[
            ("SHOW synchronous_commit", "on"),
            ("SHOW fsync", "on"),
            ("SHOW statement_timeout", "8s"),
            ("SHOW transaction_isolation", "read committed"),
        ],
    };
    for &(question, answer) in asked {
        let value = |row: &sqlx::any::AnyRow| {
            row.try_get::<String, _>(0)
                .or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string()))
                .unwrap()
        };
        let pooled = sqlx::query(question)
            .fetch_one(&two.one.pool)
            .await
            .unwrap();
        assert_eq!(value(&pooled), answer, "{question}, pooled");
        let written = two
            .one
            .writer
            .run(move |db| Box::pin(async move { Ok(sqlx::query(question).fetch_one(db).await?) }));
        assert_eq!(
            value(&written.await.unwrap()),
            answer,
            "{question}, the writer's"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_moved_away_takes_nothing_until_it_is_back() {
    let two = Two::ledgers().await;
    let Some(file) = two
        .database
        .url
        .strip_prefix("sqlite:")
        .map(std::path::Path::new)
    else {
        return;
    };
    let aside = file.with_extension("aside");
    std::fs::rename(file, &aside).unwrap();
    two.one.next_epoch(&two.sale, 1).await.unwrap_err();
    assert!(two.one.is_failing());
    std::fs::rename(&aside, file).unwrap();
    assert_eq!(two.one.next_epoch(&two.sale, 1).await.unwrap(), Some(2));
    assert!(!two.one.is_failing());
}
