//! `zuc lock`.

use std::path::Path;

use zuc_ipc::{
    company::Secret,
    lock::{LockIdle, LockPut, LockView},
};

use super::{OK, Place, password};
use crate::{Done, Ended, args::Lock, output::Output};

pub(super) async fn run(command: Lock, place: &Place, output: Output) -> Done {
    let desk = place.desk().await?;
    let stands = |file: Option<&Path>| file.map_or_else(|| Ok(String::new()), password);
    let view: Result<LockView, Ended> = match command {
        Lock::Show => Ok(desk.lock_view().await?),
        Lock::Put { phrase, current } => {
            let put = LockPut { current: stands(current.as_deref())?, phrase: password(&phrase)? };
            Ok(desk.lock_put(put).await?)
        }
        Lock::Off { current } => Ok(desk.lock_off(Secret { text: password(&current)? }).await?),
        Lock::Idle { minutes } => Ok(desk.lock_idle(LockIdle { minutes }).await?),
    };
    output.show(&view?, |view| {
        let after = if view.idle_minutes == 0 { "nunca".to_owned() } else { format!("{} min", view.idle_minutes) };
        let on = if view.on { "con frase" } else { "sin frase" };
        let keyring = if view.keyring { "con llavero" } else { "sin llavero" };
        format!("{on}  {keyring}  se bloquea sin nadie: {after}")
    })?;
    Ok(OK)
}
