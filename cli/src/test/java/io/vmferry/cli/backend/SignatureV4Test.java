package io.vmferry.cli.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

/** Against the signatures that AWS's SDK makes. */
class SignatureV4Test {
  private static final AwsBasicCredentials OWN = AwsBasicCredentials.create("AKID", "secret");

  static Stream<String> queries() {
    return Stream.of(
        "",
        "Action=DescribeImportImageTasks&"
            + IntStream.rangeClosed(1, 12)
                .mapToObj(i -> "ImportTaskId.%d=import-ami-%d".formatted(i, i))
                .collect(Collectors.joining("&")),
        "Filter.1.Name=a&Filter.1.Value.1=b&Filter.10.Name=c&Filter.1=d",
        "a-b=1&a=2&a.b=3&a%2Fb=4&A=5",
        "a=2&a=10&a=1&a=",
        "a=%C3%A9&a=%7E&a=*&a=b%20c");
  }

  @ParameterizedTest
  @MethodSource("queries")
  void aQueryIsSignedInTheOrderOfItsNames(String query) {
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(
                r ->
                    r.identity(OWN)
                        .request(
                            SdkHttpRequest.builder()
                                .uri(URI.create("http://127.0.0.1:8080/?" + query))
                                .method(SdkHttpMethod.GET)
                                .build())
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "ec2")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1"))
            .request();
    SignatureV4.Signed request =
        new SignatureV4.Signed(
            "GET", query, SignatureV4.lowerCase(signed.headers().entrySet().stream()), new byte[0]);

    assertThat(SignatureV4.problem(request, "AKID", "secret", Instant.now()))
        .isEqualTo(Optional.empty());
  }
}
