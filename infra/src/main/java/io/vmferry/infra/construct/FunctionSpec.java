package io.vmferry.infra.construct;

import java.util.List;
import java.util.Set;

/**
 * A function as it is deployed.
 *
 * @param id its name in the state machine and in the code: {@code Validate} is {@code
 *     io.vmferry.functions.handler.ValidateHandler}
 * @param description what it does, as the console shows it
 * @param packaging what it runs from
 * @param memoryMib its memory in MiB, 128 to 10,240; 1,769 MiB bring one vCPU
 * @param seconds how long it may run, 1 to 900
 * @param told what its environment has besides buckets and table
 * @param permissions what it may do besides writing its log
 */
record FunctionSpec(
    String id,
    String description,
    Packaging packaging,
    int memoryMib,
    int seconds,
    Set<Told> told,
    List<Permission> permissions) {
  /** What a function runs from. */
  enum Packaging {
    /** The zip of all functions, on the managed runtime. */
    ZIP,
    /** The container image that has libguestfs. */
    IMAGE
  }

  /** What functions are told by their environment. */
  enum Told {
    /** The state machine, and how many tasks may be active. */
    MACHINE,
    /** Whether there is a container that converts. */
    COMPUTE,
    /** Where uploads start imports, and who is told of tasks. */
    EVENTS
  }

  /** A function of the zip. */
  static FunctionSpec zip(
      String id, String description, int memoryMib, int seconds, Permission... permissions) {
    return new FunctionSpec(
        id, description, Packaging.ZIP, memoryMib, seconds, Set.of(), List.of(permissions));
  }

  /** The same function, told these things. */
  FunctionSpec telling(Told... things) {
    return new FunctionSpec(
        id, description, packaging, memoryMib, seconds, Set.of(things), permissions);
  }

  /** The same function, run from the container image. */
  FunctionSpec asImage() {
    return new FunctionSpec(
        id, description, Packaging.IMAGE, memoryMib, seconds, told, permissions);
  }

  /** The Java class. */
  String handler() {
    return "io.vmferry.functions.handler." + id + "Handler";
  }
}
