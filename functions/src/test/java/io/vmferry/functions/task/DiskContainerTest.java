package io.vmferry.functions.task;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DiskContainerTest {
  @ParameterizedTest
  @CsvSource({
    "https://example.com/a.vmdk?X-Amz-Signature=abc, https://example.com/a.vmdk",
    "https://user:secret@example.com/a%20b.ova, https://example.com/a%20b.ova",
    "https://user:p@ss@example.com:8443/a@b.ova#part, https://example.com:8443/a@b.ova",
    "https://example.com?token=abc/d@e, https://example.com",
    "https://example.com/a/b.vhd, https://example.com/a/b.vhd",
    "s3://bucket/what?is#this@that, s3://bucket/what?is#this@that",
    "no location at all?, no location at all?",
  })
  void removesCredentialsFromWebLocationsOnly(String url, String expected) {
    assertThat(DiskContainer.of(url).withoutCredentials().url()).isEqualTo(expected);
  }
}
