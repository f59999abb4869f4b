//! Luis founds the company; Ana and Carla join him by invite, comparing the short code.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use zuc_app::{Desk, Office, ports::Entropy as _};
use zuc_gateways::OsEntropy;
use zuc_ipc::company::{CompanyNew, InviteNew, Join, Secret};
use zuc_sample::SampleCompany;

use super::{broken, servers::Servers};
use crate::{Ended, output::Output};

/// How long anything may take before the demonstration gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

/// A person at their laptop.
pub(crate) struct Laptop {
    /// Folder of the home.
    pub(crate) root: PathBuf,
    /// What is open there.
    pub(crate) office: Arc<Office>,
    desk: Arc<Desk>,
}

/// Three laptops and the servers.
pub(crate) struct Team {
    /// Relay and PAC.
    pub(crate) servers: Servers,
    /// The company.
    pub(crate) company: SampleCompany,
    /// Gerencia; founded the company.
    pub(crate) luis: Laptop,
    /// Ventas.
    pub(crate) ana: Laptop,
    /// Finanzas.
    pub(crate) carla: Laptop,
    /// Seals the keys of the three homes.
    pub(crate) passphrase: String,
}

impl Team {
    /// Starts everything and brings the three together.
    pub(crate) async fn gather(root: &Path, output: Output) -> Result<Self, Ended> {
        let mut noise = [0; 16];
        OsEntropy.fill(&mut noise);
        let passphrase = hex::encode(noise);
        let at = |name: &str| root.join("homes").join(name);
        let founder = zuc_gateways::desk_with(&at("luis"), Some(passphrase.clone())).await?;
        let servers = Servers::start(root.to_owned()).await?;
        let company = SampleCompany::issuer();
        let created = founder
            .company_create(CompanyNew {
                rfc: company.rfc.clone(),
                name: company.name.to_owned(),
                regimen_fiscal: company.regimen_fiscal.to_owned(),
                cp: company.cp.to_owned(),
                person_name: "Luis".to_owned(),
                relay_url: servers.relay_url(),
                sample: false,
            })
            .await?;
        founder.recovery_confirm(Secret { text: created.recovery_code }).await?;
        output.say(&format!("Luis creó la empresa {}", company.name));
        let luis = Laptop { root: at("luis"), office: founder.office().await?, desk: founder };
        let ana = luis.admit(at("ana"), "Ana", "ventas", &passphrase, output).await?;
        let carla = luis.admit(at("carla"), "Carla", "finanzas", &passphrase, output).await?;
        Ok(Self { servers, company, luis, ana, carla, passphrase })
    }

    /// The three, by name.
    pub(crate) fn laptops(&self) -> [(&'static str, &Laptop); 3] {
        [("luis", &self.luis), ("ana", &self.ana), ("carla", &self.carla)]
    }

    /// Waits until every laptop has sent and received everything.
    pub(crate) async fn settle(&self) -> Result<(), Ended> {
        for (name, laptop) in self.laptops() {
            let status = laptop.office.sync_until_settled(PATIENCE).await?;
            if status.state != "up_to_date" || status.pending > 0 {
                let log = laptop.office.sync_log().await?;
                let last = log.first().map(|line| line.text.clone()).unwrap_or_default();
                let error = status.error.unwrap_or_default();
                return Err(broken(format!(
                    "{name} is not up to date: {}, {} to send, {}/{}; {error} {last}",
                    status.state, status.pending, status.done, status.total
                )));
            }
        }
        Ok(())
    }

    /// Ends everything.
    pub(crate) async fn close(&mut self) {
        for (_, laptop) in self.laptops() {
            laptop.desk.close().await;
        }
        self.servers.stop().await;
    }
}

impl Laptop {
    /// Invites somebody and lets them in once both screens show the same code.
    async fn admit(
        &self,
        root: PathBuf,
        name: &str,
        role: &str,
        passphrase: &str,
        output: Output,
    ) -> Result<Self, Ended> {
        let invite =
            self.office.device_invite(InviteNew { person_name: name.to_owned(), roles: vec![role.to_owned()] }).await?;
        let desk = zuc_gateways::desk_with(&root, Some(passphrase.to_owned())).await?;
        let asked = desk.company_join(Join { invite: invite.code, person_name: name.to_owned() }).await?;
        let waiting = self.office.device_pending().await?;
        let device = waiting
            .into_iter()
            .find(|device| device.short_code == asked.short_code)
            .ok_or_else(|| broken(format!("no screen shows {name}'s code")))?;
        self.office.device_approve(device.id).await?;
        wait("the approval", async || Ok(desk.join_status().await?.state == "approved")).await?;
        output.say(&format!("{name} entró con el código {}", asked.short_code));
        Ok(Self { root, office: desk.office().await?, desk })
    }
}

/// Waits until `seen` is true.
pub(crate) async fn wait(what: &str, seen: impl AsyncFn() -> Result<bool, Ended>) -> Result<(), Ended> {
    let looking = async {
        while !seen().await? {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, looking).await.map_err(|_| broken(format!("{what} did not come")))?
}
