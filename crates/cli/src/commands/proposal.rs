//! `zuc proposal …`

use zuc_ipc::{
    Failure,
    proposal::{ProposalEdit, ProposalNew, ProposalSign},
    shared::Query,
};

use super::{OK, Place, read, with_office, write};
use crate::{Done, Ended, args::Proposal, output::Output};

pub(super) async fn run(command: Proposal, place: &Place, output: Output) -> Done {
    match command {
        Proposal::List => {
            let query = Query { text: String::new(), limit: 200 };
            let page = with_office(place, async |office| office.proposal_list(query).await).await?;
            output.show(&page, |page| {
                let lines: Vec<String> = page
                    .rows
                    .iter()
                    .map(|row| {
                        format!(
                            "{}  {}  {:<10} {:>14}  {}",
                            row.id, row.number, row.state, row.total.amount, row.customer
                        )
                    })
                    .collect();
                lines.join("\n")
            })?;
        }
        Proposal::Create { customer, opportunity, title } => {
            let new = ProposalNew { customer_id: customer, opportunity_id: opportunity, title };
            let saved = with_office(place, async |office| office.proposal_create(new).await).await?;
            output.show(&saved.view, |view| format!("{} {}", view.row.id, view.row.number))?;
        }
        Proposal::Show { id } => {
            let view = with_office(place, async |office| office.proposal_get(id).await).await?;
            output.show(&view, |view| {
                format!("{} {} total {}", view.row.number, view.row.state, view.row.total.amount)
            })?;
        }
        Proposal::Save { file } => {
            let edit: ProposalEdit = serde_json::from_slice(&read(&file)?)
                .map_err(|error| Ended::Refused(Failure::new("proposal.input_shape", error.to_string())))?;
            let saved = with_office(place, async |office| office.proposal_save(edit).await).await?;
            output.show(&saved.view, |view| format!("{} total {}", view.row.number, view.row.total.amount))?;
        }
        Proposal::Sign { id, name, role, signature } => {
            let png = zuc_app::base64(&read(&signature)?);
            let saved = with_office(place, async |office| {
                let content_hash = office.proposal_get(id.clone()).await?.content_hash;
                let sign = ProposalSign {
                    id,
                    content_hash,
                    signer_name: name,
                    signer_role: role,
                    signer_email: String::new(),
                    consent: true,
                    signature_png: png,
                };
                office.proposal_sign(sign).await
            })
            .await?;
            output.show(&saved.view, |view| format!("{} {}", view.row.number, view.row.state))?;
        }
        Proposal::Pdf { id, out } => {
            let file = with_office(place, async |office| office.proposal_pdf(id).await).await?;
            write(&out, &file.bytes)?;
            output
                .show(&serde_json::json!({ "file": out, "bytes": file.bytes.len() }), |_| out.display().to_string())?;
        }
    }
    Ok(OK)
}
