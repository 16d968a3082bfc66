package io.vmferry.local.stepfunctions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static final String INPUT =
      "{\"n\":null,\"x\":1,\"list\":[1,null,\"s\",[2]],\"one\":[{\"id\":7}],\"empty\":[],"
          + "\"big\":9007199254740993,\"text\":\"a/b\"}";

  private static JsonNode evaluate(String expression) throws InvalidDefinitionException {
    Scope scope = new Scope();
    scope.assign(Workbench.parse("{\"nothing\":null,\"rate\":2.5}"));
    Bindings bindings = Bindings.of(scope, Workbench.parse(INPUT), Workbench.object());
    return Template.compile(Workbench.object().textNode(expression), "/O", "Output")
        .evaluate(bindings);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          $states.input.n                    | null
          $nothing                           | null
          null                               | null
          $states.input.list                 | [1,null,'s',[2]]
          $states.input.list[1]              | null
          $states.input.one                  | [{'id':7}]
          $states.input.one.id               | 7
          $states.input.empty                | []
          {'k': $states.input.zz, 'n': 1}    | {'n':1}
          [$states.input.zz]                 | []
          6 / 2                              | 3
          $rate * 2                          | 5
          $rate                              | 2.5
          $states.input.big                  | 9007199254740993
          [1..3]                             | [1,2,3]
          $count($states.input.list)         | 4
          $exists($states.input.n)           | true
          $exists($unset)                    | false
          $partition([1,2,3,4,5], 2)         | [[1,2],[3,4],[5]]
          $partition([], 2)                  | []
          $range(0, 10, 5)                   | [0,5,10]
          $range(3, 1, -1)                   | [3,2,1]
          $hash('abc', 'MD5')                | '900150983cd24fb0d6963f7d28e17f72'
          $random(7) = $random(7)            | true
          $random() < 1                      | true
          $length($uuid())                   | 36
          $parse('{"a":[null,1.5]}')         | {'a':[null,1.5]}
          $split($states.input.text, '/')    | ['a','b']
          ($f := function($a){$a + 1}; $f(1)) | 2
          $map([1,2], function($v){$v * 2})  | [2,4]
          /* $unknown(1) */ 1                | 1
          '$unknown(1)'                      | '$unknown(1)'
          """)
  void evaluatesToJson(String expression, String result) throws Exception {
    assertThat(evaluate("{% " + expression + " %}"))
        .isEqualTo(Workbench.parse(result.replace('\'', '"')));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          $states.input.zz                | returned nothing (undefined).
          $unset                          | returned nothing (undefined).
          $                               | returned nothing (undefined).
          field                           | returned nothing (undefined).
          $states.result                  | returned nothing (undefined).
          1 + 'a'                         | threw an error during evaluation
          $number('abc')                  | threw an error during evaluation
          1 / 0                           | threw an error during evaluation
          $error('boom')                  | boom
          function($x){$x}                | not JSON: a function
          $hash('a', 'CRC')               | CRC
          $parse('{')                     | $parse
          $partition([1], 0)              | must be positive
          $range(1, 2, 0)                 | must not be 0
          $range(0, 2000000, 1)          | more than
          ($f := function($n){1 + $f($n)}; $f(1)) | threw an error during evaluation
          """)
  void whatIsNotJsonIsAnEvaluationError(String expression, String problem) throws Exception {
    assertThatThrownBy(() -> evaluate("{% " + expression + " %}"))
        .isInstanceOfSatisfying(
            StateFailure.class,
            e -> assertThat(e.error()).isEqualTo(StateFailure.QUERY_EVALUATION_ERROR))
        .hasMessageContaining("specified for the field 'Output'")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"plain", "$states.input", "{% no end", " {% 1 %}", "{% 1 %} ", "{%", "%}", "{%}"})
  void stringsThatAreNotWrappedWholeAreLiterals(String text) throws Exception {
    assertThat(evaluate(text).textValue()).isEqualTo(text);
  }

  @Test
  void expressionsCannotChangeTheStatesData() throws Exception {
    Scope scope = new Scope();
    JsonNode input = Workbench.parse("{\"a\":{\"b\":1},\"l\":[3,1,2]}");
    Bindings bindings = Bindings.of(scope, input, Workbench.object());
    Expression.compile(
            "{% [$states.input ~> |a|{'b':2}|, $sort($states.input.l)] %}", "/O", "Output")
        .evaluate(bindings);
    assertThat(input).isEqualTo(Workbench.parse("{\"a\":{\"b\":1},\"l\":[3,1,2]}"));
  }
}
