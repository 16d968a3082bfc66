package io.vmferry.local.iam;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream;
import io.vmferry.local.edge.AuthorizedCall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a request's JSON says; one that is none says nothing, and its service will refuse it. */
record JsonBody(JsonNode root) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static JsonBody of(AuthorizedCall call) {
    try {
      JsonNode root = JSON.readTree(new ByteBufferBackedInputStream(call.body().duplicate()));
      return new JsonBody(root == null ? MissingNode.getInstance() : root);
    } catch (JsonProcessingException e) {
      return new JsonBody(MissingNode.getInstance());
    } catch (IOException e) {
      throw new IllegalStateException("an array can be read", e);
    }
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(root.path(name).textValue());
  }

  List<JsonNode> members(String name) {
    List<JsonNode> members = new ArrayList<>();
    root.path(name).forEach(members::add);
    return members;
  }
}
