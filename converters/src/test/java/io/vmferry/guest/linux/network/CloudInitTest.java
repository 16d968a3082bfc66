package io.vmferry.guest.linux.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloudInitTest {

  @Test
  void commentsOutTheNetworkAndNothingElse() {
    assertThat(
            CloudInit.withoutNetwork(
                "a: 1\nnetwork:\n  config: disabled\n# mine\n\n  version: 1\nb:\n  network: x\n"))
        .isEqualTo(
            "a: 1\n# network:\n#   config: disabled\n# mine\n\n#   version: 1\nb:\n  network: x\n");
    assertThat(CloudInit.withoutNetwork("network: {config: disabled}"))
        .isEqualTo("# network: {config: disabled}");
    assertThat(CloudInit.withoutNetwork("networks: 1\n")).isEqualTo("networks: 1\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "datasource_list: [ Azure ]/ | datasource_list: [ Ec2, Azure ]/",
        "datasource_list: []/ | datasource_list: [ Ec2 ]/",
        "x: 1/datasource_list:/- None/y: 2/ | x: 1/datasource_list:/- Ec2/- None/y: 2/",
        "datasource_list:/  - VMware/  - None | datasource_list:/  - Ec2/  - VMware/  - None",
        "datasource_list: ['Ec2', None]/ | datasource_list: ['Ec2', None]/",
        "datasource_list:/  - None/  - Ec2/ | datasource_list:/  - None/  - Ec2/",
        "# datasource_list: [ Azure ]/ | # datasource_list: [ Azure ]/",
        "datasource_list: [ Azure | datasource_list: [ Azure",
      })
  void putsEc2FirstInAListWithoutIt(String text, String expected) {
    assertThat(CloudInit.withEc2First(text.replace('/', '\n')))
        .isEqualTo(expected.replace('/', '\n'));
  }
}
