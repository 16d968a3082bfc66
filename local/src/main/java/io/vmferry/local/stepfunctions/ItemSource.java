package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Optional;

/** The items of a Map state, one after the other. */
abstract class ItemSource implements Closeable {

  /**
   * The next item, or none.
   *
   * @throws StateFailure {@code States.ItemReaderFailed}
   */
  abstract Optional<JsonNode> next();

  /** What {@code $states.context.Map.Item.Source} says. */
  abstract String name();

  static ItemSource of(JsonNode array) {
    Iterator<JsonNode> elements = array.iterator();
    return new ItemSource() {
      @Override
      Optional<JsonNode> next() {
        return elements.hasNext() ? Optional.of(elements.next()) : Optional.empty();
      }

      @Override
      String name() {
        return "STATE_DATA";
      }

      @Override
      public void close() {}
    };
  }

  /** Streams a JSON array out of an object; no more than one item is held at a time. */
  static ItemSource read(
      ObjectReader objects, String bucket, String key, String roleArn, long maxItems) {
    String name = "S3://" + bucket + "/" + key;
    try {
      InputStream stream = objects.open(bucket, key, roleArn);
      JsonParser parser = JsonValues.MAPPER.createParser(stream);
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        parser.close();
        throw failed(name, "it does not hold a JSON array");
      }
      return new StreamedArray(parser, name, maxItems);
    } catch (IOException e) {
      throw failed(name, String.valueOf(e.getMessage()));
    }
  }

  private static StateFailure failed(String name, String problem) {
    return new StateFailure(
        StateFailure.ITEM_READER_FAILED, "The items cannot be read from " + name + ": " + problem);
  }

  private static final class StreamedArray extends ItemSource {
    private final JsonParser parser;
    private final String name;
    private long left;

    StreamedArray(JsonParser parser, String name, long maxItems) {
      this.parser = parser;
      this.name = name;
      this.left = maxItems;
    }

    @Override
    Optional<JsonNode> next() {
      if (left == 0) {
        return Optional.empty();
      }
      left--;
      try {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.END_ARRAY) {
          if (parser.nextToken() != null) {
            throw failed(name, "something follows the array");
          }
          left = 0;
          return Optional.empty();
        }
        if (token == null) {
          throw failed(name, "it ends within the array");
        }
        return Optional.of(item());
      } catch (IOException e) {
        throw failed(name, String.valueOf(e.getMessage()));
      }
    }

    /** Copies the item's tokens, so that one beyond the limit is noticed before it is in memory. */
    private JsonNode item() throws IOException {
      long start = parser.currentTokenLocation().getByteOffset();
      try (TokenBuffer tokens = new TokenBuffer(parser)) {
        int depth = 0;
        do {
          JsonToken token = parser.currentToken();
          if (token == null) {
            throw failed(name, "it ends within an item");
          }
          tokens.copyCurrentEvent(parser);
          if (token.isStructStart()) {
            depth++;
          } else if (token.isStructEnd()) {
            depth--;
          }
          if (parser.currentLocation().getByteOffset() - start > 2L * Limits.PAYLOAD) {
            throw failed(name, "an item at byte " + start + " is larger than a payload may be");
          }
          if (depth > 0) {
            parser.nextToken();
          }
        } while (depth > 0);
        try (JsonParser copy = tokens.asParser(JsonValues.MAPPER)) {
          return JsonValues.MAPPER.readTree(copy);
        }
      }
    }

    @Override
    String name() {
      return name;
    }

    @Override
    public void close() throws IOException {
      parser.close();
    }
  }
}
