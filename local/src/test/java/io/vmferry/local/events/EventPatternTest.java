package io.vmferry.local.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventPatternTest {
  private static final String EVENT =
      """
      {"source": "aws.s3", "detail": {"bucket": {"name": "images"}, "size": 5, "list": ["a", "b"],
       "object": {"key": "imports/web.ova"}, "none": null}}""";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"source\": [\"aws.s3\"]}|true",
        "{\"source\": [\"aws.ec2\", \"aws.s3\"]}|true",
        "{\"source\": [\"aws.ec2\"]}|false",
        "{\"detail\": {\"bucket\": {\"name\": [\"images\"]}}}|true",
        "{\"source\": [\"aws.s3\"], \"detail\": {\"bucket\": {\"name\": [\"other\"]}}}|false",
        "{\"detail\": {\"object\": {\"key\": [{\"prefix\": \"imports/\"}]}}}|true",
        "{\"detail\": {\"object\": {\"key\": [{\"prefix\": \"uploads/\"}]}}}|false",
        "{\"detail\": {\"object\": {\"key\": [{\"suffix\": \".ova\"}]}}}|true",
        "{\"detail\": {\"object\": {\"key\": [{\"anything-but\": {\"suffix\": \".ova\"}}]}}}|false",
        "{\"detail\": {\"object\": {\"key\": [{\"anything-but\": [\"a\", \"b\"]}]}}}|true",
        "{\"detail\": {\"object\": {\"key\": [{\"equals-ignore-case\": \"IMPORTS/WEB.OVA\"}]}}}|true",
        "{\"detail\": {\"size\": [5.0]}}|true",
        "{\"detail\": {\"size\": [\"5\"]}}|false",
        "{\"detail\": {\"list\": [\"b\"]}}|true",
        "{\"detail\": {\"list\": [\"c\"]}}|false",
        "{\"detail\": {\"none\": [null]}}|true",
        "{\"detail\": {\"missing\": [{\"exists\": false}]}}|true",
        "{\"detail\": {\"size\": [{\"exists\": true}]}}|true",
        "{\"detail\": {\"missing\": [{\"anything-but\": \"a\"}]}}|false",
        "{\"missing\": {\"deeper\": [\"a\"]}}|false",
      })
  void matchesAsEventBridgeDoes(String pattern, boolean matches) throws IOException {
    JsonNode event = new ObjectMapper().readTree(EVENT);

    assertThat(EventPattern.parse(pattern).matches(event)).isEqualTo(matches);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "{\"source\": \"aws.s3\"}",
        "{\"source\": []}",
        "{\"$or\": [{\"source\": [\"a\"]}]}",
        "{\"size\": [{\"numeric\": [\">\", 5]}]}",
        "{\"source\": [{\"prefix\": \"a\", \"suffix\": \"b\"}]}",
        "{\"source\": [{\"prefix\": 5}]}",
        "{\"source\": [[\"a\"]]}",
        "{\"source\": ",
      })
  void refusesWhatIsNoPatternOrNotSupported(String pattern) {
    assertThatThrownBy(() -> EventPattern.parse(pattern))
        .isInstanceOf(EventsApiException.class)
        .hasMessageContaining("Event pattern is not valid");
  }
}
