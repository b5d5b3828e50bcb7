//! Requests and responses: a line of JSON each.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, to_value};

use super::{init::Nothing, nodes::Nodes};

#[derive(Deserialize)]
struct Request {
    id: u64,
    verb: String,
    #[serde(default)]
    argument: Value,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Response {
    Done { id: u64, result: Value },
    Failed { id: u64, error: String },
}

/// One line for another. A verb that fails is a response, what is no request is an error.
pub async fn answer(line: &str, nodes: &mut Nodes) -> Result<String> {
    let Request { id, verb, argument } = serde_json::from_str(line).context("a request that can't be read")?;
    let response = match perform(&verb, argument, nodes).await {
        Ok(result) => Response::Done { id, result },
        Err(error) => Response::Failed {
            id,
            error: format!("{error:#}"),
        },
    };

    Ok(serde_json::to_string(&response)? + "\n")
}

async fn perform(verb: &str, argument: Value, nodes: &mut Nodes) -> Result<Value> {
    Ok(match verb {
        "start" => to_value(nodes.start(read(argument)?).await?)?,
        "connect" => to_value(nodes.connect(read(argument)?).await?)?,
        "publish" => to_value(nodes.publish(read(argument)?).await?)?,
        "snapshot" => {
            read::<Option<Nothing>>(argument)?;
            to_value(nodes.snapshot().await?)?
        }
        "latencies" => {
            read::<Option<Nothing>>(argument)?;
            to_value(nodes.latencies())?
        }
        _ => anyhow::bail!("unknown verb {verb}"),
    })
}

fn read<T: DeserializeOwned>(argument: Value) -> Result<T> {
    Ok(serde_json::from_value(argument)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_answered() -> Result<()> {
        let mut nodes = Nodes::default();

        assert_eq!(
            answer(r#"{"id":1,"verb":"latencies"}"#, &mut nodes).await?,
            "{\"id\":1,\"result\":[]}\n"
        );
        assert_eq!(
            answer(
                r#"{"id":2,"verb":"connect","argument":{"addresses":[],"ownFrom":0}}"#,
                &mut nodes
            )
            .await?,
            "{\"id\":2,\"result\":null}\n"
        );
        assert_eq!(
            answer(r#"{"id":3,"verb":"multiply"}"#, &mut nodes).await?,
            "{\"id\":3,\"error\":\"unknown verb multiply\"}\n"
        );
        assert!(answer("start", &mut nodes).await.is_err());
        Ok(())
    }

    #[tokio::test]
    async fn arguments_have_no_fields_that_nobody_knows() -> Result<()> {
        let request = r#"{"id":1,"verb":"publish","argument":{"rate":1,"seconds":1,"burstMs":20,"bursts":1}}"#;

        assert!(answer(request, &mut Nodes::default()).await?.contains("unknown field"));
        Ok(())
    }
}
