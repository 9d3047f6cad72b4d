//! Roles: granted once, listed by role and SOI, revoked once.

use harness::engine::Database;
use octroi_idp::domain::role::Role;
use octroi_idp::storage::{Constraint, StoreError, Tx, agents, roles, standing};

use crate::cast::{add_agents, agent, minute, soi};

harness::for_each_engine![
    a_role_is_granted_once_and_says_who_granted_it,
    roles_are_listed_by_role_and_soi,
    a_role_is_revoked_once,
    a_role_needs_its_agent,
    the_roles_come_along_with_the_agent,
];

async fn the_roles_come_along_with_the_agent(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100009", "Admin")]).await;
    let roles_of = async |number: &str| {
        let number = soi(number);
        let read = async |tx: &mut Tx| -> Result<_, StoreError> {
            let found = agents::find(tx, &number).await?.expect("an agent").roles;
            let many = agents::find_many(tx, &[&number]).await?.remove(0).roles;
            let standing = standing::find_agent(tx, &number).await?.expect("an agent").agent.roles;
            Ok([found, many, standing])
        };
        let hold = async |tx: &mut Tx| agents::hold(tx, &number).await;
        let held = db.write(hold).await.expect("held").expect("an agent").roles;
        let [found, many, standing] = db.read(read).await.expect("roles");
        assert!(found == many && found == standing && found == held, "{found:?} {many:?} {standing:?} {held:?}");
        found.iter().collect::<Vec<_>>()
    };
    let mut granted = Vec::new();
    for role in Role::ALL {
        assert_eq!(roles_of("100009").await, granted);
        grant(&db, "100009", role, "root").await.unwrap();
        granted.push(role);
    }
    assert_eq!(roles_of("100009").await, Role::ALL);
    assert_eq!(roles_of("100001").await, [], "nobody else's");
}

async fn grant(db: &Database, number: &str, role: Role, by: &str) -> Result<bool, StoreError> {
    let number = soi(number);
    db.write(async |tx: &mut Tx| roles::grant(tx, &number, role, by, minute(1)).await).await
}

async fn list(db: &Database, role: Option<Role>) -> Vec<(String, Role)> {
    let all = db.read(async |tx: &mut Tx| roles::list(tx, role).await).await.expect("list");
    all.into_iter().map(|held| (held.soi.to_string(), held.role)).collect()
}

async fn a_role_is_granted_once_and_says_who_granted_it(db: Database) {
    add_agents(&db, &[agent("100009", "Admin")]).await;
    assert!(grant(&db, "100009", Role::Dsin, "root").await.unwrap());
    assert!(!grant(&db, "100009", Role::Dsin, "somebody").await.unwrap());
    let held = db.read(async |tx: &mut Tx| roles::of_agent(tx, &soi("100009")).await).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].role, held[0].granted_by.as_str(), held[0].granted_at), (Role::Dsin, "root", minute(1)));
}

async fn roles_are_listed_by_role_and_soi(db: Database) {
    add_agents(&db, &[agent("100009", "Admin"), agent("100001", "Marchand")]).await;
    for role in Role::ALL {
        grant(&db, "100009", role, "root").await.unwrap();
    }
    grant(&db, "100001", Role::Hr, "root").await.unwrap();
    assert_eq!(list(&db, Some(Role::Hr)).await, [("100001".into(), Role::Hr), ("100009".into(), Role::Hr)]);
    let everybody: Vec<Role> = list(&db, None).await.into_iter().map(|(_, role)| role).collect();
    assert_eq!(everybody, [Role::Auditor, Role::Dsin, Role::Helpdesk, Role::Hr, Role::Hr]);
}

async fn a_role_is_revoked_once(db: Database) {
    add_agents(&db, &[agent("100009", "Admin")]).await;
    grant(&db, "100009", Role::Dsin, "root").await.unwrap();
    let revoke =
        async || db.write(async |tx: &mut Tx| roles::revoke(tx, &soi("100009"), Role::Dsin).await).await.unwrap();
    assert!(revoke().await);
    assert!(!revoke().await);
    assert!(list(&db, None).await.is_empty());
}

async fn a_role_needs_its_agent(db: Database) {
    let refused = grant(&db, "999999", Role::Hr, "root").await;
    assert!(matches!(refused, Err(StoreError::Conflict(Constraint::Reference))), "{refused:?}");
}
