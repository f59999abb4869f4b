//! Files: who may carry them up and down, and what is not taken.

use zuc_protocol::{
    Blob, Rights, Role, Scope,
    attachment::{MAX_CARRIED, MAX_SEALED, Naming},
    control::ControlAct,
    ids::AttachmentId,
    messages::{ClientFrame, ServerFrame},
};

use crate::stage::{Laptop, Stage, relay_with_room};

const SALES: Scope = Scope::Sales(1);

fn named(bytes: &[u8]) -> AttachmentId {
    let mut naming = Naming::default();
    naming.take(bytes);
    naming.name()
}

async fn ask(stage: &Stage, laptop: &Laptop, frame: ClientFrame) -> ServerFrame {
    let mut frames = stage.relay.handle(&laptop.session, frame).await;
    assert_eq!(frames.len(), 1, "{frames:?}");
    frames.remove(0)
}

fn put(id: AttachmentId, size: u64, at: u64, bytes: &[u8]) -> ClientFrame {
    ClientFrame::AttachmentPut { scope: SALES, id, size, at, bytes: Blob(bytes.to_vec()) }
}

fn get(id: AttachmentId, at: u64) -> ClientFrame {
    ClientFrame::AttachmentGet { scope: SALES, id, at }
}

fn refused(frame: &ServerFrame) -> &str {
    match frame {
        ServerFrame::Error { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_goes_up_in_pieces_and_down_to_whoever_reads_its_scope_and_to_nobody_else() {
    let (mut stage, boss) = Stage::found().await;
    let ana = stage.join(&boss, Rights::new([Role::Ventas], [1])).await;
    let other_team = stage.join(&boss, Rights::new([Role::Ventas], [2])).await;
    let file = [7; 100];
    let (id, size) = (named(&file), 100);
    let here = |have| ServerFrame::Attachment { id, size, have };

    let nothing = ServerFrame::Attachment { id, size: 0, have: 0 };
    assert_eq!(ask(&stage, &ana, ClientFrame::Attachment { scope: SALES, id }).await, nothing);
    assert_eq!(ask(&stage, &ana, put(id, size, 0, &file[..60])).await, here(60));
    assert_eq!(refused(&ask(&stage, &boss, get(id, 0)).await), "attachment.not_whole");
    assert_eq!(ask(&stage, &ana, put(id, size, 0, &file[..60])).await, here(60), "it goes on where it ends");
    assert_eq!(ask(&stage, &ana, put(id, size, 60, &file[60..])).await, here(100));
    let bytes = ServerFrame::AttachmentBytes { id, at: 60, bytes: Blob(file[60..].to_vec()) };
    assert_eq!(ask(&stage, &boss, get(id, 60)).await, bytes);
    for frame in [get(id, 0), ClientFrame::Attachment { scope: SALES, id }, put(id, size, 0, &file)] {
        assert_eq!(refused(&ask(&stage, &other_team, frame).await), "relay.not_allowed");
    }

    stage.act(&boss, ControlAct::Freeze { device: ana.keys.id(), on: true }).await;
    for frame in [get(id, 0), put(named(b"x"), 1, 0, b"x")] {
        assert_eq!(refused(&ask(&stage, &ana, frame).await), "relay.not_allowed", "who was stopped");
    }
}

#[tokio::test]
async fn what_is_too_long_or_not_what_its_name_says_is_not_taken() {
    let (mut stage, boss) = Stage::found().await;
    let ana = stage.join(&boss, Rights::new([Role::Ventas], [1])).await;
    let id = named(b"another");
    assert_eq!(refused(&ask(&stage, &ana, put(id, 7, 0, b"altered")).await), "attachment.altered");
    let nothing = ServerFrame::Attachment { id, size: 0, have: 0 };
    assert_eq!(ask(&stage, &ana, ClientFrame::Attachment { scope: SALES, id }).await, nothing);
    for (frame, code) in [
        (put(id, MAX_SEALED + 1, 0, b"a"), "relay.too_large"),
        (put(id, MAX_SEALED, 0, &vec![0; MAX_CARRIED + 1]), "relay.too_large"),
        (put(id, 7, 0, b""), "relay.malformed"),
        (put(id, 7, 5, b"abc"), "relay.malformed"),
        (put(id, 7, u64::MAX, b"abc"), "relay.malformed"),
    ] {
        assert_eq!(refused(&ask(&stage, &ana, frame).await), code);
    }
}

#[tokio::test]
async fn a_relay_takes_no_more_files_of_a_company_than_it_was_started_for() {
    let (mut stage, boss) = Stage::found().await;
    let ana = stage.join(&boss, Rights::new([Role::Ventas], [1])).await;
    stage.relay = relay_with_room(stage.folder.path(), 10).await;
    let (long, fits) = (b"eleven byte", b"ten bytes!");
    assert_eq!(refused(&ask(&stage, &ana, put(named(long), 11, 0, long)).await), "attachment.quota");
    let id = named(fits);
    assert_eq!(ask(&stage, &ana, put(id, 10, 0, fits)).await, ServerFrame::Attachment { id, size: 10, have: 10 });
    assert_eq!(refused(&ask(&stage, &ana, put(named(b"x"), 1, 0, b"x")).await), "attachment.quota");
}

#[tokio::test]
async fn a_file_is_dropped_for_good_by_who_manages_or_administers_and_by_no_seller() {
    let (mut stage, boss) = Stage::found().await;
    let ana = stage.join(&boss, Rights::new([Role::Ventas], [1])).await;
    let carla = stage.join(&boss, Rights::new([Role::Finanzas], [])).await;
    let chief = stage.join(&boss, Rights::new([Role::Gerencia], [])).await;
    let office = stage.join(&boss, Rights::new([Role::Administracion], [])).await;
    let (file, size) = (b"sealed", 6);
    let id = named(file);
    let nothing = ServerFrame::Attachment { id, size: 0, have: 0 };
    let drop = || ClientFrame::AttachmentDrop { scope: SALES, id };
    ask(&stage, &ana, put(id, size, 0, file)).await;
    for laptop in [&ana, &carla, &office] {
        assert_eq!(refused(&ask(&stage, laptop, drop()).await), "relay.not_allowed");
    }
    assert_eq!(
        ask(&stage, &ana, ClientFrame::Attachment { scope: SALES, id }).await,
        ServerFrame::Attachment { id, size, have: size }
    );

    assert_eq!(ask(&stage, &chief, drop()).await, nothing);
    assert_eq!(ask(&stage, &chief, drop()).await, nothing, "the answer was lost");
    for frame in [ClientFrame::Attachment { scope: SALES, id }, put(id, size, 0, file), get(id, 0)] {
        assert_eq!(refused(&ask(&stage, &ana, frame).await), "attachment.dropped");
    }
    stage.relay = relay_with_room(stage.folder.path(), 1_000).await;
    assert_eq!(refused(&ask(&stage, &ana, put(id, size, 0, file)).await), "attachment.dropped", "nor after a restart");

    stage.act(&boss, ControlAct::Freeze { device: chief.keys.id(), on: true }).await;
    assert_eq!(refused(&ask(&stage, &chief, drop()).await), "relay.not_allowed", "who was stopped");
}
