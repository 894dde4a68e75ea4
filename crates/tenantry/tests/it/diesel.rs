use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use tenantry::{Error, TenantDb, sqlstate};

use crate::support::World;

diesel::table! {
    whose (id) {
        id -> Integer,
        name -> Text,
    }
}

mod sql_types {
    #[derive(Debug, diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "mood"))]
    pub struct Mood;
}

diesel::table! {
    use diesel::sql_types::{Array, Integer};
    use super::sql_types::Mood;
    moods (id) {
        id -> Integer,
        now -> Mood,
        past -> Array<Mood>,
    }
}

#[derive(Debug, PartialEq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = sql_types::Mood)]
struct Mood(String);

impl diesel::serialize::ToSql<sql_types::Mood, diesel::pg::Pg> for Mood {
    fn to_sql<'b>(
        &'b self,
        out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
    ) -> diesel::serialize::Result {
        std::io::Write::write_all(out, self.0.as_bytes())?;
        Ok(diesel::serialize::IsNull::No)
    }
}

impl diesel::deserialize::FromSql<sql_types::Mood, diesel::pg::Pg> for Mood {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        Ok(Self(String::from_utf8(bytes.as_bytes().to_vec())?))
    }
}

async fn names(db: &mut TenantDb) -> Vec<String> {
    whose::table.select(whose::name).order(whose::id).load(db).await.unwrap()
}

#[tokio::test]
async fn typed_queries_read_and_write_their_own_tenant() {
    let world = World::new().await;
    for id in world.tenants(3).await {
        let mut db = world.tenants.db(&id).unwrap();
        for number in 0..6 {
            let name = format!("{id}-{number}");
            let written: (i32, String) = diesel::insert_into(whose::table)
                .values(whose::name.eq(&name))
                .get_result(&mut db)
                .await
                .unwrap();
            assert_eq!(written.1, name);
        }
        let mine = whose::table.filter(whose::name.like(format!("{id}%"))).count();
        assert_eq!(mine.get_result::<i64>(&mut db).await.unwrap(), 7);
        let gone = diesel::delete(whose::table.filter(whose::name.ne(id.as_str())));
        assert_eq!(gone.execute(&mut db).await.unwrap(), 6);
    }
}

#[tokio::test]
async fn a_tenants_own_types_are_found_in_its_own_schema() {
    let world = World::new().await;
    let ids = world.tenants(2).await;
    for (id, word) in ids.iter().zip(["glad", "tired"]) {
        let mut db = world.tenants.db(id).unwrap();
        db.batch_execute(&format!(
            "CREATE TYPE mood AS ENUM ('calm', '{word}');
             CREATE TABLE moods (id int PRIMARY KEY, now mood NOT NULL, past mood[] NOT NULL)"
        ))
        .await
        .unwrap();
        for round in 0..4 {
            let past = vec![Mood("calm".to_owned()), Mood(word.to_owned())];
            diesel::insert_into(moods::table)
                .values((
                    moods::id.eq(round),
                    moods::now.eq(Mood(word.to_owned())),
                    moods::past.eq(past),
                ))
                .execute(&mut db)
                .await
                .unwrap();
        }
        let found: Vec<(Mood, Vec<Mood>)> =
            moods::table.select((moods::now, moods::past)).load(&mut db).await.unwrap();
        assert_eq!(found.len(), 4);
        assert_eq!(found[0].0, Mood(word.to_owned()));
        assert_eq!(found[0].1[1], Mood(word.to_owned()));
    }
}

#[tokio::test]
async fn a_type_that_a_migration_has_made_anew_is_looked_up_anew() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    for words in ["'calm'", "'calm', 'tired'"] {
        db.batch_execute(&format!(
            "DROP TABLE IF EXISTS moods; DROP TYPE IF EXISTS mood;
             CREATE TYPE mood AS ENUM ({words});
             CREATE TABLE moods (id serial PRIMARY KEY, now mood NOT NULL, past mood[] NOT NULL)"
        ))
        .await
        .unwrap();
        world.tenants.catalog().announce_migrated(std::slice::from_ref(&id)).await.unwrap();
        for _ in 0..4 {
            let calm = || Mood("calm".to_owned());
            let insert = diesel::insert_into(moods::table)
                .values((moods::now.eq(calm()), moods::past.eq(vec![calm()])));
            assert_eq!(insert.execute(&mut db).await.unwrap(), 1);
        }
    }
    assert_eq!(world.tenants.statement_counts().retried, 0);
}

#[tokio::test]
async fn a_transaction_commits_rolls_back_and_nests() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let insert = async |db: &mut TenantDb, name: &str| {
        diesel::insert_into(whose::table).values(whose::name.eq(name)).execute(db).await
    };
    db.transaction(async |db| {
        insert(db, "kept").await?;
        let inner: Result<(), diesel::result::Error> = db
            .transaction(async |db| {
                insert(db, "undone").await?;
                insert(db, "kept").await?;
                Ok(())
            })
            .await;
        assert!(inner.is_err());
        // The other way of asking is inside of the transaction, too.
        assert_eq!(db.query("SELECT 1 FROM whose", &[]).await.unwrap().len(), 2);
        diesel::result::QueryResult::Ok(())
    })
    .await
    .unwrap();
    let failed: Result<(), diesel::result::Error> = db
        .transaction(async |db| {
            insert(db, "gone").await?;
            Err(diesel::result::Error::RollbackTransaction)
        })
        .await;
    assert!(matches!(failed, Err(diesel::result::Error::RollbackTransaction)));
    assert_eq!(names(&mut db).await, ["acme", "kept"]);
}

#[tokio::test]
async fn a_transaction_whose_future_is_dropped_is_rolled_back_and_the_handle_goes_on() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let (reached, at) = tokio::sync::oneshot::channel::<()>();
    {
        let hanging = db.transaction::<(), diesel::result::Error, _>(async |db| {
            diesel::insert_into(whose::table).values(whose::name.eq("lost")).execute(db).await?;
            let _ = reached.send(());
            std::future::pending::<()>().await;
            Ok(())
        });
        tokio::select! {
            _ = hanging => unreachable!("it hangs"),
            _ = at => {}
        }
    }
    assert_eq!(names(&mut db).await, ["acme"]);
    let after = "INSERT INTO whose (name) VALUES ('after')";
    SimpleAsyncConnection::batch_execute(&mut db, after).await.unwrap();
    let outside = world.db.connect().await;
    let row = outside.query_one("SELECT count(*) FROM tenant_acme.whose", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 2, "what came after is committed");
}

#[tokio::test]
async fn every_sqlstate_arrives() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    for (sql, state) in [
        ("INSERT INTO whose (name) VALUES ('acme')", "23505"),
        ("SELECT 1/0", "22012"),
        ("SELECT pg_catalog.pg_sleep(1) FROM nowhere", "42P01"),
        ("DO $$ BEGIN RAISE EXCEPTION SQLSTATE 'AB123'; END $$", "AB123"),
    ] {
        let error = diesel::sql_query(sql).execute(&mut db).await.unwrap_err();
        assert_eq!(sqlstate(&error), Some(state), "{error:?}");
        let error = Error::from(error);
        assert_eq!(error.sqlstate(), Some(state));
        assert!(!error.to_string().contains("SQLSTATE SQLSTATE"));
    }
}

#[tokio::test]
async fn an_error_of_ours_comes_through_diesel_whole() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    world.tenants.catalog().delete(&id).await.unwrap();
    let error = whose::table.count().get_result::<i64>(&mut db).await.unwrap_err();
    assert_eq!(Error::from(error).code(), "TENANT_NOT_FOUND");
}
