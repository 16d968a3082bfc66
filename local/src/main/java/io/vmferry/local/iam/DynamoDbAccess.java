package io.vmferry.local.iam;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.local.edge.AuthorizedCall;
import java.util.ArrayList;
import java.util.List;

/**
 * What DynamoDB's requests ask for.
 *
 * @param tables the ARN of a table without its name
 */
record DynamoDbAccess(String tables) {

  List<Access> of(AuthorizedCall call) {
    JsonBody body = JsonBody.of(call);
    return switch (call.operation()) {
      case "TransactWriteItems", "TransactGetItems" -> transaction(body);
      case "BatchGetItem", "BatchWriteItem" -> batch(call.operation(), body);
      default ->
          List.of(
              Access.to(
                  "dynamodb:" + call.operation(),
                  body.text("TableName")
                      .map(table -> arn(table, body.text("IndexName").orElse("")))
                      .orElse("*")));
    };
  }

  /** A transaction asks for what its parts would ask for alone. */
  private List<Access> transaction(JsonBody body) {
    List<Access> parts = new ArrayList<>();
    for (JsonNode item : body.members("TransactItems")) {
      item.properties()
          .forEach(
              part -> {
                String action =
                    switch (part.getKey()) {
                      case "Put" -> "PutItem";
                      case "Update" -> "UpdateItem";
                      case "Delete" -> "DeleteItem";
                      case "Get" -> "GetItem";
                      case "ConditionCheck" -> "ConditionCheckItem";
                      default -> part.getKey();
                    };
                parts.add(
                    Access.to(
                        "dynamodb:" + action, arn(part.getValue().path("TableName").asText(), "")));
              });
    }
    return parts;
  }

  private List<Access> batch(String operation, JsonBody body) {
    List<Access> asked = new ArrayList<>();
    body.root()
        .path("RequestItems")
        .fieldNames()
        .forEachRemaining(table -> asked.add(Access.to("dynamodb:" + operation, arn(table, ""))));
    return asked;
  }

  private String arn(String table, String index) {
    String arn = table.startsWith("arn:") ? table : tables + table;
    return index.isEmpty() ? arn : arn + "/index/" + index;
  }
}
