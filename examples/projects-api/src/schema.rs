//! A tenant's tables, as `migrations/tenant` makes them.

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Varchar,
        name -> Varchar,
        active -> Nullable<Bool>,
        created_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    projects (id) {
        id -> Uuid,
        name -> Varchar,
        description -> Nullable<Varchar>,
        owner_id -> Nullable<Uuid>,
        status -> Nullable<Varchar>,
        created_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    tasks (id) {
        id -> Uuid,
        title -> Varchar,
        project_id -> Nullable<Uuid>,
        assignee_id -> Nullable<Uuid>,
        priority -> Nullable<Int4>,
        completed -> Nullable<Bool>,
        created_at -> Nullable<Timestamp>,
    }
}
