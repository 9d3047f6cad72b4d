//! `octroictl password policy`: what is in force, as the configuration says it. Only for one agent the directory is opened.

use std::time::Duration;

use octroi_idp::config::Config;
use octroi_idp::domain::agent::Agent;
use octroi_idp::domain::password_policy::{Lists, PasswordPolicy};
use octroi_idp::domain::population::{ADMINISTRATORS, Population, why};
use serde_json::{Value, json};

use crate::args::{Format, PolicyArgs};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, Answer, View};
use crate::target;

/// Runs the verb.
pub async fn run(args: &PolicyArgs, config: &Config, format: Format, console: &mut Console<'_>) -> Result<(), Failure> {
    let answer = match &args.soi {
        None => of_everybody(config),
        Some(soi) => {
            let directory = target::open(config).await?;
            let found = directory.get_agent(soi).await;
            directory.close().await;
            of_one(config, &found?.agent)
        }
    };
    output::print(&answer, format, console)
}

fn of_everybody(config: &Config) -> Answer {
    let password = &config.password;
    let all: Vec<_> = password.policies.iter().collect();
    let mut after = vec![files(config)];
    for (population, policy) in &all {
        after.extend(
            deviations(config, population, policy).into_iter().map(|line| format!("{}: {line}", population.name)),
        );
    }
    let populations: Vec<Value> = all.iter().map(|(population, policy)| told(config, population, policy)).collect();
    let headings = vec!["population", "who", "length", "form", "score", "history", "min_age", "max_age", "warned"];
    let rows = all.iter().map(|(population, policy)| row(population, policy)).collect();
    Answer {
        json: json!({
            "preset": password.preset.as_str(),
            "breach_filter": password.breach_filter,
            "blocklist": password.blocklist,
            "populations": populations,
        }),
        view: View::Table { headings, rows },
        before: vec![format!("Preset {}.", password.preset.as_str())],
        after,
        ..Answer::default()
    }
}

fn of_one(config: &Config, agent: &Agent) -> Answer {
    let policies = &config.password.policies;
    let (population, policy) = (policies.population_of(agent), policies.of(agent));
    let (soi, why) = (&agent.record.soi, why(population, agent));
    let mut json = told(config, population, policy);
    if let Value::Object(fields) = &mut json {
        fields.insert("soi".into(), json!(soi));
        fields.insert("why".into(), why.clone().into());
    }
    let mut after = vec![files(config)];
    after.extend(deviations(config, population, policy));
    let view = View::Record(vec![
        ("soi", soi.to_string()),
        ("population", population.name.clone()),
        ("why", why),
        ("length", format!("{} to {}", policy.min_length, policy.max_length)),
        ("form", policy.form.as_str().to_owned()),
        ("score", policy.min_score.to_string()),
        ("history", policy.history.to_string()),
        ("min_age", age(Some(policy.min_age))),
        ("max_age", age(policy.max_age)),
        ("warned", age(Some(policy.warn_before))),
        ("forbidden_words", policy.forbidden_words.join(" ")),
    ]);
    Answer { json, view, after, ..Answer::default() }
}

fn told(config: &Config, population: &Population, policy: &PasswordPolicy) -> Value {
    let days = |age: Duration| age.as_secs() / 86_400;
    json!({
        "population": population.name,
        "who": population.rule(),
        "min_length": policy.min_length,
        "max_length": policy.max_length,
        "form": policy.form.as_str(),
        "min_score": policy.min_score,
        "history": policy.history,
        "min_age_hours": policy.min_age.as_secs() / 3600,
        "max_age_days": policy.max_age.map(days),
        "warn_before_days": days(policy.warn_before),
        "forbidden_words": policy.forbidden_words,
        "deviations": policy.deviations(population.name == ADMINISTRATORS, lists(config)),
    })
}

fn row(population: &Population, policy: &PasswordPolicy) -> Vec<String> {
    vec![
        population.name.clone(),
        population.rule(),
        format!("{}-{}", policy.min_length, policy.max_length),
        policy.form.as_str().to_owned(),
        policy.min_score.to_string(),
        policy.history.to_string(),
        age(Some(policy.min_age)),
        age(policy.max_age),
        age(Some(policy.warn_before)),
    ]
}

fn deviations(config: &Config, population: &Population, policy: &PasswordPolicy) -> Vec<String> {
    let all = policy.deviations(population.name == ADMINISTRATORS, lists(config));
    all.into_iter()
        .map(|deviation| format!("{}: {}; here: {}.", deviation.rule, deviation.says, deviation.here))
        .collect()
}

fn lists(config: &Config) -> Lists {
    let password = &config.password;
    Lists { has_breach_filter: password.breach_filter.is_some(), has_blocklist: password.blocklist.is_some() }
}

fn files(config: &Config) -> String {
    let name =
        |file: &Option<std::path::PathBuf>| file.as_ref().map_or("none".to_owned(), |file| file.display().to_string());
    format!("Breach filter: {}. Blocklist: {}.", name(&config.password.breach_filter), name(&config.password.blocklist))
}

fn age(age: Option<Duration>) -> String {
    match age.map(|age| age.as_secs()) {
        None => "never".to_owned(),
        Some(0) => "-".to_owned(),
        Some(seconds) if seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
        Some(seconds) => format!("{} h", seconds / 3600),
    }
}
