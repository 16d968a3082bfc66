package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What {@code cdk synth} wrote: a manifest, a template for each stack, and their assets. */
public final class CloudAssembly {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MANIFEST = "manifest.json";

  private final Path directory;
  private final List<StackTemplate> stacks;

  private CloudAssembly(Path directory, List<StackTemplate> stacks) {
    this.directory = directory;
    this.stacks = List.copyOf(stacks);
  }

  /**
   * Reads an assembly.
   *
   * @param directory the folder {@code cdk.out}
   * @throws IOException if a file of it cannot be read
   * @throws TemplateException if it is no assembly, or its stacks depend on each other in a circle
   */
  public static CloudAssembly read(Path directory) throws IOException {
    JsonNode manifest = JSON.readTree(Files.readAllBytes(directory.resolve(MANIFEST)));
    Map<String, JsonNode> artifacts = new LinkedHashMap<>();
    manifest
        .path("artifacts")
        .properties()
        .forEach(artifact -> artifacts.put(artifact.getKey(), artifact.getValue()));
    Map<String, StackTemplate> found = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> artifact : artifacts.entrySet()) {
      switch (artifact.getValue().path("type").asText()) {
        case "aws:cloudformation:stack" ->
            found.put(
                artifact.getKey(),
                stack(directory, artifact.getKey(), artifact.getValue(), artifacts));
        case "cdk:asset-manifest", "cdk:tree", "cdk:feature-flag-report" -> {}
        default ->
            throw new TemplateException(
                directory + "/" + MANIFEST,
                "the type '%s' of %s is not supported here"
                    .formatted(artifact.getValue().path("type").asText(), artifact.getKey()));
      }
    }
    if (found.isEmpty()) {
      throw new TemplateException(directory + "/" + MANIFEST, "there is no stack");
    }
    return new CloudAssembly(directory, inOrder(found, artifacts));
  }

  private static StackTemplate stack(
      Path directory, String id, JsonNode artifact, Map<String, JsonNode> artifacts)
      throws IOException {
    Map<String, Path> assets = new HashMap<>();
    for (JsonNode dependency : artifact.path("dependencies")) {
      JsonNode manifest = artifacts.get(dependency.asText());
      if (manifest != null && manifest.path("type").asText().equals("cdk:asset-manifest")) {
        assets.putAll(assets(directory, manifest.path("properties").path("file").asText()));
      }
    }
    Path file = directory.resolve(artifact.path("properties").path("templateFile").asText());
    return new StackTemplate(
        artifact.path("properties").path("stackName").asText(id),
        JSON.readTree(Files.readAllBytes(file)),
        assets);
  }

  /** The files that would be published, by the names of the objects they become. */
  private static Map<String, Path> assets(Path directory, String file) throws IOException {
    Map<String, Path> assets = new HashMap<>();
    JsonNode manifest = JSON.readTree(Files.readAllBytes(directory.resolve(file)));
    for (JsonNode asset : manifest.path("files")) {
      Path source = directory.resolve(asset.path("source").path("path").asText()).normalize();
      for (JsonNode destination : asset.path("destinations")) {
        assets.put(destination.path("objectKey").asText(), source);
      }
    }
    return assets;
  }

  /** The stacks, each behind those it depends on. */
  private static List<StackTemplate> inOrder(
      Map<String, StackTemplate> stacks, Map<String, JsonNode> artifacts) {
    Set<String> done = new HashSet<>();
    List<StackTemplate> order = new ArrayList<>();
    while (order.size() < stacks.size()) {
      int before = order.size();
      for (Map.Entry<String, StackTemplate> stack : stacks.entrySet()) {
        boolean ready = !done.contains(stack.getKey());
        JsonNode artifact = Objects.requireNonNull(artifacts.get(stack.getKey()));
        for (JsonNode dependency : artifact.path("dependencies")) {
          String id = dependency.asText();
          ready = ready && (!stacks.containsKey(id) || done.contains(id));
        }
        if (ready) {
          done.add(stack.getKey());
          order.add(stack.getValue());
        }
      }
      if (order.size() == before) {
        throw new TemplateException(MANIFEST, "the stacks depend on each other in a circle");
      }
    }
    return order;
  }

  /** Its folder. */
  public Path directory() {
    return directory;
  }

  /** The stacks in the order in which they are deployed. */
  List<StackTemplate> stacks() {
    return stacks;
  }

  /**
   * A stack.
   *
   * @param name its name
   * @param template its template
   * @param assets the files it needs, by the names of their objects
   */
  record StackTemplate(String name, JsonNode template, Map<String, Path> assets) {
    Optional<Path> asset(String objectKey) {
      return Optional.ofNullable(assets.get(objectKey));
    }
  }
}
