//! `sluice audit` and `sluice reconcile`: what they found, as a table for people or as JSON for machines.

use crate::config::Config;
use crate::startup;
use clap::Args;
use engine::audit::{PaymentsReport, Repair, Report, Verdict};
use protocol::SaleId;
use serde::Serialize;
use std::process::ExitCode;

/// `sluice audit`
#[derive(Args)]
pub(crate) struct AuditArgs {
    /// One sale; all when absent
    sale: Option<SaleId>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// `sluice reconcile`
#[derive(Args)]
pub(crate) struct ReconcileArgs {
    /// One sale; all when absent
    sale: Option<SaleId>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Lay the money of ledger, journal and provider side by side, and repair nothing; exit code 1 when they differ
    #[arg(long, conflicts_with = "dry_run")]
    payments: bool,
}

#[derive(Serialize)]
struct Reconciled {
    sale: SaleId,
    repairs: Vec<Repair>,
}

/// Audits; fails when an invariant is broken.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn audit(config: &Config, args: AuditArgs) -> anyhow::Result<ExitCode> {
    let auditor = startup::auditor(config).await?;
    let sales = match args.sale {
        Some(sale) => vec![sale],
        None => {
            let rows = auditor.ledger.sales().await?;
            rows.into_iter().map(|row| row.sale).collect()
        }
    };
    let mut good = true;
    for sale in sales {
        let report = auditor.audit(&sale).await?;
        good &= report.ok;
        match args.json {
            true => println!("{}", serde_json::to_string(&report)?),
            false => print!("{}", table(&report)),
        }
    }
    Ok(match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Repairs; fails when something was found that was not repaired.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn reconcile(config: &Config, args: ReconcileArgs) -> anyhow::Result<ExitCode> {
    if args.payments {
        return payments(config, args).await;
    }
    let engine = startup::unstarted(config).await?;
    let sales = match args.sale {
        Some(sale) => vec![sale],
        None => {
            let infos = engine.sales().await?;
            infos.into_iter().map(|info| info.sale).collect()
        }
    };
    let mut good = true;
    for sale in sales {
        let repairs = engine.reconcile(&sale, args.dry_run).await?;
        good &= repairs.iter().all(|repair| repair.done);
        if args.json {
            println!("{}", serde_json::to_string(&Reconciled { sale, repairs })?);
            continue;
        }
        if repairs.is_empty() {
            println!("{sale}: nothing to repair");
        }
        for Repair {
            found,
            repair,
            done,
        } in repairs
        {
            let mark = if done { "done" } else { "left" };
            println!("{sale}: {mark}: {found}\n      {repair}");
        }
    }
    Ok(match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Compares the money; fails when anything differs.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
async fn payments(config: &Config, args: ReconcileArgs) -> anyhow::Result<ExitCode> {
    let auditor = startup::auditor(config).await?;
    let sales = match args.sale {
        Some(sale) => vec![sale],
        None => {
            let rows = auditor.ledger.sales().await?;
            rows.into_iter().map(|row| row.sale).collect()
        }
    };
    let mut good = true;
    for sale in sales {
        let report = auditor.payments(&sale).await?;
        good &= report.difference == 0 && report.offenders.is_empty();
        match args.json {
            true => println!("{}", serde_json::to_string(&report)?),
            false => print!("{}", money(&report)),
        }
    }
    Ok(match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// A row for each amount in both books.
fn money(report: &PaymentsReport) -> String {
    let PaymentsReport {
        sale,
        currency,
        difference,
        ..
    } = report;
    let mut text = format!(
        "{sale}: difference {difference}; {currency} in minor units, ours and the provider's\n"
    );
    let rows = [
        ("taken", report.taken),
        ("refunded", report.refunded),
        ("held", report.held),
        ("receivable (journal)", report.receivable),
    ];
    for (name, pair) in rows {
        text += &format!("      {name:<22}{:>14}{:>14}\n", pair.ours, pair.provider);
    }
    text += &format!("      {:<22}{:>14}\n", "journal sum", report.journal_sum);
    for it in &report.offenders {
        text += &format!("      {it}\n");
    }
    text
}

/// A row for each invariant, and under a broken one whoever breaks it.
fn table(report: &Report) -> String {
    let verdict = match (report.ok, report.quiet) {
        (true, true) => "in order",
        (true, false) => "in order so far (busy)",
        (false, _) => "BROKEN",
    };
    let mut text = format!(
        "{}: {verdict}: {} orders, {} paid, {} free, {} reserved of {}, {} holds open\n",
        report.sale,
        report.orders,
        report.captured,
        report.free,
        report.reserved,
        report.total,
        report.open_authorizations
    );
    for row in &report.invariants {
        let verdict = match row.verdict {
            Verdict::Held => "held",
            Verdict::Broken => "BROKEN",
            Verdict::NotJudged => "not judged",
        };
        text += &format!(
            "{:>4}  {verdict:<10}  {:<50}  {}\n",
            row.number, row.says, row.why
        );
        for it in &row.offenders {
            text += &format!("                  {it}\n");
        }
    }
    text
}
