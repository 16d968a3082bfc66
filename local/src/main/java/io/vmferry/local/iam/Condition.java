package io.vmferry.local.iam;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One line of a statement's Condition.
 *
 * @param test how a value is compared
 * @param quantifier how several values are
 * @param ifExists whether it holds where the key has no value
 * @param key the condition key in its normal case
 * @param values what it is compared with, one of which is enough
 */
record Condition(
    Test test, Quantifier quantifier, boolean ifExists, String key, List<String> values) {

  /** Which of a request's values must pass. */
  enum Quantifier {
    /** The one there is. */
    SINGLE,
    ANY,
    ALL
  }

  /** How two values are compared. */
  enum Test {
    STRING_EQUALS("StringEquals"),
    STRING_NOT_EQUALS("StringNotEquals"),
    STRING_EQUALS_IGNORE_CASE("StringEqualsIgnoreCase"),
    STRING_NOT_EQUALS_IGNORE_CASE("StringNotEqualsIgnoreCase"),
    STRING_LIKE("StringLike"),
    STRING_NOT_LIKE("StringNotLike"),
    ARN_EQUALS("ArnEquals"),
    ARN_NOT_EQUALS("ArnNotEquals"),
    ARN_LIKE("ArnLike"),
    ARN_NOT_LIKE("ArnNotLike"),
    BOOL("Bool"),
    NUMERIC_EQUALS("NumericEquals"),
    NUMERIC_NOT_EQUALS("NumericNotEquals"),
    NUMERIC_LESS_THAN("NumericLessThan"),
    NUMERIC_LESS_THAN_EQUALS("NumericLessThanEquals"),
    NUMERIC_GREATER_THAN("NumericGreaterThan"),
    NUMERIC_GREATER_THAN_EQUALS("NumericGreaterThanEquals"),
    NULL("Null");

    private final String operator;

    Test(String operator) {
      this.operator = operator;
    }

    private boolean isNegated() {
      return operator.contains("Not");
    }

    /** Whether a request's value is what a policy says, before any negation. */
    private boolean matches(String policy, String value) {
      return switch (this) {
        case STRING_EQUALS, STRING_NOT_EQUALS -> policy.equals(value);
        case STRING_EQUALS_IGNORE_CASE, STRING_NOT_EQUALS_IGNORE_CASE, BOOL, NULL ->
            policy.equalsIgnoreCase(value);
        case STRING_LIKE, STRING_NOT_LIKE -> Pattern.matches(policy, value);
        // Of ARNs, Equals and Like do the same.
        case ARN_EQUALS, ARN_NOT_EQUALS, ARN_LIKE, ARN_NOT_LIKE ->
            Pattern.matchesArn(policy, value);
        case NUMERIC_EQUALS, NUMERIC_NOT_EQUALS -> compare(value, policy) == 0;
        case NUMERIC_LESS_THAN -> compare(value, policy) < 0;
        case NUMERIC_LESS_THAN_EQUALS -> compare(value, policy) <= 0;
        case NUMERIC_GREATER_THAN -> compare(value, policy) > 0;
        case NUMERIC_GREATER_THAN_EQUALS -> compare(value, policy) >= 0;
      };
    }

    private static int compare(String value, String policy) {
      return new BigDecimal(value).compareTo(new BigDecimal(policy));
    }

    /** The test that an operator's name stands for. */
    static Optional<Test> of(String operator) {
      for (Test test : values()) {
        if (test.operator.equals(operator)) {
          return Optional.of(test);
        }
      }
      return Optional.empty();
    }

    /** Whether a value of a policy can be compared with at all. */
    boolean accepts(String value) {
      return switch (this) {
        case BOOL, NULL -> value.equals("true") || value.equals("false");
        case NUMERIC_EQUALS,
            NUMERIC_NOT_EQUALS,
            NUMERIC_LESS_THAN,
            NUMERIC_LESS_THAN_EQUALS,
            NUMERIC_GREATER_THAN,
            NUMERIC_GREATER_THAN_EQUALS ->
            value.matches("-?[0-9]+(\\.[0-9]+)?");
        case ARN_EQUALS, ARN_NOT_EQUALS, ARN_LIKE, ARN_NOT_LIKE ->
            value.equals("*") || value.split(":", 6).length == 6;
        case STRING_EQUALS,
            STRING_NOT_EQUALS,
            STRING_EQUALS_IGNORE_CASE,
            STRING_NOT_EQUALS_IGNORE_CASE,
            STRING_LIKE,
            STRING_NOT_LIKE ->
            true;
      };
    }
  }

  /** A condition of a policy, as one operator, one key and its values say. */
  static Condition read(
      String policy,
      String path,
      String operator,
      String key,
      List<String> values,
      List<String> actions) {
    String rest = operator;
    Quantifier quantifier = Quantifier.SINGLE;
    if (rest.startsWith("ForAnyValue:")) {
      quantifier = Quantifier.ANY;
      rest = rest.substring("ForAnyValue:".length());
    } else if (rest.startsWith("ForAllValues:")) {
      quantifier = Quantifier.ALL;
      rest = rest.substring("ForAllValues:".length());
    }
    boolean ifExists = rest.endsWith("IfExists");
    if (ifExists) {
      rest = rest.substring(0, rest.length() - "IfExists".length());
    }
    Test test =
        Test.of(rest)
            .orElseThrow(
                () ->
                    new InvalidPolicyException(
                        policy, path, "the operator '" + operator + "' is not evaluated here"));
    if (test == Test.NULL && ifExists) {
      throw new InvalidPolicyException(policy, path, "Null knows no IfExists");
    }
    String normal = Access.normal(key);
    if (!ConditionKeys.isKnown(normal, actions)) {
      throw new InvalidPolicyException(
          policy, path, "the condition key '" + key + "' is not evaluated here");
    }
    boolean several = normal.equals("aws:tagkeys");
    if (several && quantifier == Quantifier.SINGLE && test != Test.NULL) {
      throw new InvalidPolicyException(
          policy, path, key + " has several values: ForAnyValue or ForAllValues is needed");
    }
    for (String value : values) {
      if (!test.accepts(value)) {
        throw new InvalidPolicyException(
            policy, path, "'" + value + "' is nothing that " + operator + " compares with");
      }
    }
    return new Condition(test, quantifier, ifExists, normal, values);
  }

  /** Whether a request meets it. */
  boolean holds(Access access) {
    List<String> found = access.context().getOrDefault(key, List.of());
    if (test == Test.NULL) {
      return values.contains(String.valueOf(found.isEmpty()).toLowerCase(Locale.ROOT));
    }
    if (found.isEmpty()) {
      return ifExists
          || switch (quantifier) {
            case SINGLE -> test.isNegated();
            case ANY -> false;
            case ALL -> true;
          };
    }
    return switch (quantifier) {
      case SINGLE -> found.size() == 1 && passes(found.getFirst());
      case ANY -> found.stream().anyMatch(this::passes);
      case ALL -> found.stream().allMatch(this::passes);
    };
  }

  private boolean passes(String value) {
    boolean any = values.stream().anyMatch(wanted -> test.matches(wanted, value));
    return any != test.isNegated();
  }
}
