package io.vmferry.functions.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ImageStore.Mapping;
import io.vmferry.functions.port.ImageStore.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ImageStore} does. */
public abstract class ImageStoreContract {

  // Opened before each test.
  @SuppressWarnings("NullAway.Init")
  private ImageStore store;

  /** A store; it may hold images of other tests. */
  protected abstract ImageStore newStore();

  /** A completed snapshot that the store's images may be made of. */
  protected abstract String completedSnapshot();

  @BeforeEach
  final void openStore() {
    store = newStore();
  }

  /** A request with two disks. */
  protected final Request request(String taskId, String name) {
    return new Request(
        taskId,
        name,
        "a machine",
        "x86_64",
        Optional.of("uefi-preferred"),
        true,
        List.of(
            new Mapping("/dev/sda1", completedSnapshot()),
            new Mapping("/dev/sdb", completedSnapshot())),
        Map.of("colour", "green"));
  }

  private static String unique(String prefix) {
    return prefix + UUID.randomUUID();
  }

  @Test
  final void registeringAgainForATaskGivesTheSameImage() {
    String task = unique("import-ami-");

    String image = store.register(request(task, unique("name-")));

    assertThat(image).startsWith("ami-");
    assertThat(store.register(request(task, unique("name-")))).isEqualTo(image);
    assertThat(store.findByTask(task)).containsExactly(image);
  }

  @Test
  final void aNameThatAnotherImageHasIsRefused() {
    String name = unique("name-");
    store.register(request(unique("import-ami-"), name));

    assertThatThrownBy(() -> store.register(request(unique("import-ami-"), name)))
        .hasMessageContaining(name)
        .asInstanceOf(type(VmferryException.class))
        .extracting(VmferryException::code)
        .isEqualTo(ErrorCode.PARAMETER_INVALID);
  }

  @Test
  final void aDeregisteredImageIsGoneAndDeregisteringItAgainIsIgnored() {
    String task = unique("import-ami-");
    String image = store.register(request(task, unique("name-")));

    store.deregister(image);
    store.deregister(image);

    assertThat(store.findByTask(task)).isEmpty();
  }

  @Test
  final void registersForArmAndWithoutABootMode() {
    String task = unique("import-ami-");
    Request request =
        new Request(
            task,
            unique("name-"),
            "",
            "arm64",
            Optional.empty(),
            false,
            List.of(new Mapping("/dev/xvda", completedSnapshot())),
            Map.of());

    assertThat(store.findByTask(task)).isEmpty();
    String image = store.register(request);
    assertThat(store.findByTask(task)).containsExactly(image);
  }
}
