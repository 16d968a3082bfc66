package io.vmferry.functions.aws;

import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.scheme.AwsV4AuthScheme;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignRequest;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignedRequest;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.identity.spi.IdentityProviders;

/**
 * Signature version 4 that does not hash payloads again where an operation's model says so, also
 * over plain HTTP: the SDK does so over TLS only. The one endpoint reached without TLS is that of
 * this machine, and the payloads in question, EBS blocks, carry their own SHA-256.
 */
final class UnsignedPayloads implements AwsV4AuthScheme {
  private final AwsV4AuthScheme standard = AwsV4AuthScheme.create();
  private final AwsV4HttpSigner signer = new Signer(AwsV4HttpSigner.create());

  @Override
  public String schemeId() {
    return SCHEME_ID;
  }

  @Override
  public IdentityProvider<AwsCredentialsIdentity> identityProvider(IdentityProviders providers) {
    return standard.identityProvider(providers);
  }

  @Override
  public AwsV4HttpSigner signer() {
    return signer;
  }

  private record Signer(HttpSigner<AwsCredentialsIdentity> standard) implements AwsV4HttpSigner {
    @Override
    public SignedRequest sign(SignRequest<? extends AwsCredentialsIdentity> request) {
      SdkHttpRequest sent = request.request();
      if (!sent.protocol().equals("http")) {
        return standard.sign(request);
      }
      SignedRequest signed =
          standard.sign(request.toBuilder().request(withProtocol(sent, "https")).build());
      return signed.toBuilder().request(withProtocol(signed.request(), "http")).build();
    }

    private static SdkHttpRequest withProtocol(SdkHttpRequest request, String protocol) {
      return request.toBuilder().protocol(protocol).build();
    }

    @Override
    public CompletableFuture<AsyncSignedRequest> signAsync(
        AsyncSignRequest<? extends AwsCredentialsIdentity> request) {
      return standard.signAsync(request);
    }
  }
}
