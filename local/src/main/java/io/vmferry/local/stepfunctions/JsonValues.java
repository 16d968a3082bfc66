package io.vmferry.local.stepfunctions;

import com.dashjoin.jsonata.Jsonata;
import com.dashjoin.jsonata.Parser;
import com.dashjoin.jsonata.Utils;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON, and its conversion to and from the values JSONata works on. */
final class JsonValues {
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private static final double EXACT = 9_007_199_254_740_992.0;

  private JsonValues() {}

  /** Parses one JSON text. */
  static JsonNode parse(String text) throws JsonProcessingException {
    JsonNode node = MAPPER.readTree(text);
    return node.isMissingNode() ? MAPPER.readTree("#") : node;
  }

  /** A value for JSONata; JSON's null becomes the library's own. */
  static Object fromJson(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        node.properties().forEach(member -> map.put(member.getKey(), fromJson(member.getValue())));
        yield map;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>(node.size());
        node.forEach(element -> list.add(fromJson(element)));
        yield list;
      }
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(node);
      case NULL -> Jsonata.NULL_VALUE;
      case BINARY, MISSING, POJO ->
          throw new IllegalArgumentException("Not JSON: " + node.getNodeType());
    };
  }

  private static Number number(JsonNode node) {
    if (node.canConvertToInt() && node.isIntegralNumber()) {
      return node.intValue();
    }
    return node.canConvertToLong() && node.isIntegralNumber()
        ? (Number) node.longValue()
        : (Number) node.doubleValue();
  }

  /**
   * JSON of a JSONata result.
   *
   * @throws IllegalArgumentException if it is, or holds, what JSON has not: a function, a number
   *     that is not finite
   */
  static JsonNode toJson(Object value) {
    if (value.equals(Jsonata.NULL_VALUE)) {
      return JsonNodeFactory.instance.nullNode();
    }
    if (Utils.isFunction(value) || value instanceof Parser.Symbol) {
      throw new IllegalArgumentException("a function");
    }
    return switch (value) {
      case String text -> JsonNodeFactory.instance.textNode(text);
      case Boolean flag -> JsonNodeFactory.instance.booleanNode(flag);
      case Number number -> number(number);
      case Map<?, ?> map -> object(map);
      case List<?> list -> array(list);
      default -> throw new IllegalArgumentException("a value of " + value.getClass());
    };
  }

  private static JsonNode number(Number number) {
    if (number instanceof BigDecimal decimal) {
      return DecimalNode.valueOf(decimal);
    }
    if (number instanceof BigInteger integer) {
      return JsonNodeFactory.instance.numberNode(integer);
    }
    if (number instanceof Double || number instanceof Float) {
      double value = number.doubleValue();
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("the number " + value);
      }
      return value == Math.rint(value) && Math.abs(value) <= EXACT
          ? integer((long) value)
          : DoubleNode.valueOf(value);
    }
    return integer(number.longValue());
  }

  /** As the parser makes them, so that equal numbers are equal nodes. */
  private static JsonNode integer(long value) {
    return (int) value == value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
  }

  private static ObjectNode object(Map<?, ?> map) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    map.forEach(
        (key, value) -> {
          @Nullable Object member = value;
          if (member != null) {
            node.set(String.valueOf(key), toJson(member));
          }
        });
    return node;
  }

  private static ArrayNode array(List<?> list) {
    ArrayNode node = JsonNodeFactory.instance.arrayNode();
    for (@Nullable Object element : list) {
      if (element != null) {
        node.add(toJson(element));
      }
    }
    return node;
  }
}
