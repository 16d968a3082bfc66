package io.vmferry.it;

import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.local.edge.FaultInjector;

/** What the CDK app deploys, wherever it is deployed to. */
interface DeployedSystem extends AutoCloseable {

  /** What is in it. */
  Account account();

  /** What goes wrong with EBS and EC2. */
  FaultInjector faults();

  /** Starts an import by the function that does so; returns the task's id. */
  String start(ImportRequest request);

  /** Stops an import by ending its execution. */
  void stop(String taskId);

  /** Waits until a task has ended, well or not, and nothing of it runs any more. */
  Task await(String taskId);

  /** Whether functions may read web servers of this machine. */
  boolean readsLocalServers();

  @Override
  void close();
}
