package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.json;
import static io.vmferry.local.stepfunctions.Workbench.machine;
import static io.vmferry.local.stepfunctions.Workbench.parse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.Clients;
import io.vmferry.local.edge.EdgeServer;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sfn.SfnClient;
import software.amazon.awssdk.services.sfn.model.ExecutionAlreadyExistsException;
import software.amazon.awssdk.services.sfn.model.ExecutionDoesNotExistException;
import software.amazon.awssdk.services.sfn.model.ExecutionListItem;
import software.amazon.awssdk.services.sfn.model.HistoryEvent;
import software.amazon.awssdk.services.sfn.model.HistoryEventType;
import software.amazon.awssdk.services.sfn.model.InvalidDefinitionException;
import software.amazon.awssdk.services.sfn.model.MapRunStatus;
import software.amazon.awssdk.services.sfn.model.StateMachineDoesNotExistException;

class StepFunctionsServiceTest {
  private static final String ROLE = "arn:aws:iam::000000000000:role/r";
  private static final String WORK =
      machine(
          "A",
          "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
              + "'Arguments':{'Work':'w'},'End':true}");
  private static final String MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

  private Workbench bench;
  private StepFunctionsService service;

  @BeforeEach
  void open(@TempDir Path directory) {
    bench = new Workbench(directory);
    service = new StepFunctionsService(bench.engine);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private ServiceResponse call(String operation, String body) throws IOException {
    return service.handle(
        new ServiceRequest(
            "POST",
            "/",
            Map.of(),
            Map.of("x-amz-target", "AWSStepFunctions." + operation),
            new ByteArrayInputStream(json(body).getBytes(StandardCharsets.UTF_8)),
            "id"));
  }

  private static JsonNode body(ServiceResponse response) {
    return parse(StandardCharsets.UTF_8.decode(response.body().duplicate()).toString());
  }

  private void create() throws IOException {
    ObjectNode request = Workbench.object();
    request.put("name", "m").put("definition", WORK).put("roleArn", ROLE);
    ServiceResponse created =
        service.handle(
            new ServiceRequest(
                "POST",
                "/",
                Map.of(),
                Map.of("x-amz-target", "AWSStepFunctions.CreateStateMachine"),
                new ByteArrayInputStream(request.toString().getBytes(StandardCharsets.UTF_8)),
                "id"));
    assertThat(created.status()).isEqualTo(200);
    assertThat(body(created).path("stateMachineArn").asText()).isEqualTo(MACHINE);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          CreateActivity       | {}                                             | UnknownOperationException
          StartExecution       | []                                             | SerializationException
          StartExecution       | {                                              | SerializationException
          StartExecution       | {}                                             | ValidationException
          StartExecution       | {'stateMachineArn':7}                          | SerializationException
          StartExecution       | {'stateMachineArn':'m'}                        | InvalidArn
          StartExecution       | {'stateMachineArn':'arn:aws:states:x'}         | StateMachineDoesNotExist
          StartExecution       | {'stateMachineArn':'MACHINE','traceHeader':''} | ValidationException
          StartExecution       | {'stateMachineArn':'MACHINE','input':'{'}      | InvalidExecutionInput
          StartExecution       | {'stateMachineArn':'MACHINE','name':'a b'}     | InvalidName
          DescribeStateMachine | {'stateMachineArn':'arn:aws:states:x'}         | StateMachineDoesNotExist
          UpdateStateMachine   | {'stateMachineArn':'MACHINE'}                  | MissingRequiredParameter
          UpdateStateMachine   | {'stateMachineArn':'MACHINE','definition':'{}'} | InvalidDefinition
          UpdateStateMachine   | {'stateMachineArn':'MACHINE','publish':true}   | ValidationException
          CreateStateMachine   | {'name':'m','definition':'{}','roleArn':'r'}   | InvalidDefinition
          CreateStateMachine   | {'name':'m','definition':'{}'}                 | ValidationException
          CreateStateMachine   | {'name':'m','definition':'{}','roleArn':'r','type':'EXPRESS'} | ValidationException
          CreateStateMachine   | {'name':'m','definition':'{}','roleArn':'r','tags':[]} | ValidationException
          DescribeExecution    | {'executionArn':'arn:aws:states:x'}            | ExecutionDoesNotExist
          StopExecution        | {'executionArn':'arn:aws:states:x'}            | ExecutionDoesNotExist
          GetExecutionHistory  | {'executionArn':'arn:aws:states:x'}            | ExecutionDoesNotExist
          ListExecutions       | {'stateMachineArn':'MACHINE','statusFilter':'X'} | ValidationException
          ListExecutions       | {'stateMachineArn':'MACHINE','nextToken':'!'}  | InvalidToken
          ListExecutions       | {'stateMachineArn':'MACHINE','maxResults':1001} | ValidationException
          DescribeMapRun       | {'mapRunArn':'arn:aws:states:x'}               | ResourceNotFound
          """)
  void refusesWithTheNamesAwsHas(String operation, String request, String code) throws Exception {
    create();
    ServiceResponse response = call(operation, request.replace("MACHINE", MACHINE));
    assertThat(response.status()).isEqualTo(400);
    assertThat(body(response).path("__type").asText()).isEqualTo(code);
    assertThat(body(response).path("message").asText()).isNotEmpty();
  }

  @Test
  void creatingTheSameAgainFindsItAndAnotherIsRefused() throws Exception {
    create();
    create();
    ObjectNode request = Workbench.object();
    request
        .put("name", "m")
        .put("definition", machine("B", "'B':{'Type':'Succeed'}"))
        .put("roleArn", ROLE);
    ServiceResponse other = call("CreateStateMachine", request.toString());
    assertThat(body(other).path("__type").asText()).isEqualTo("StateMachineAlreadyExists");
  }

  @Test
  void theSdkRunsAnExecutionAndReadsItsHistoryInPages() throws Exception {
    bench.task("w", payload -> parse("{\"done\":true}"));
    try (EdgeServer edge = new EdgeServer(0, new FaultInjector(0))) {
      edge.register(service);
      edge.start();
      try (SfnClient client = Clients.sfn(edge.endpoint().orElseThrow())) {
        String machine =
            client
                .createStateMachine(b -> b.name("m").definition(WORK).roleArn(ROLE))
                .stateMachineArn();
        assertThat(client.describeStateMachine(b -> b.stateMachineArn(machine)).definition())
            .isEqualTo(WORK);
        assertThat(client.listStateMachines().stateMachines()).hasSize(1);
        String arn =
            client
                .startExecution(b -> b.stateMachineArn(machine).name("e").input("{\"a\":1}"))
                .executionArn();
        bench.engine.await(arn, Workbench.LONG);
        var described = client.describeExecution(b -> b.executionArn(arn));
        assertThat(described.statusAsString()).isEqualTo("SUCCEEDED");
        assertThat(described.output()).isEqualTo("{\"done\":true}");
        assertThat(described.startDate()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(described.stopDate()).isNotNull();
        List<HistoryEvent> events =
            client.getExecutionHistoryPaginator(b -> b.executionArn(arn).maxResults(2)).stream()
                .flatMap(page -> page.events().stream())
                .toList();
        assertThat(events)
            .extracting(HistoryEvent::type)
            .containsExactly(
                HistoryEventType.EXECUTION_STARTED,
                HistoryEventType.TASK_STATE_ENTERED,
                HistoryEventType.TASK_SCHEDULED,
                HistoryEventType.TASK_STARTED,
                HistoryEventType.TASK_SUCCEEDED,
                HistoryEventType.TASK_STATE_EXITED,
                HistoryEventType.EXECUTION_SUCCEEDED);
        assertThat(events.getLast().executionSucceededEventDetails().output())
            .isEqualTo("{\"done\":true}");
        assertThat(
                client
                    .getExecutionHistory(b -> b.executionArn(arn).reverseOrder(true))
                    .events()
                    .getFirst()
                    .id())
            .isEqualTo(7);
      }
    }
  }

  @Test
  void theSdkStopsListsAndGetsItsExceptions() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    bench.task(
        "w",
        payload -> {
          running.countDown();
          new CountDownLatch(1).await();
          return payload;
        });
    try (EdgeServer edge = new EdgeServer(0, new FaultInjector(0))) {
      edge.register(service);
      edge.start();
      try (SfnClient client = Clients.sfn(edge.endpoint().orElseThrow())) {
        String machine =
            client
                .createStateMachine(b -> b.name("m").definition(WORK).roleArn(ROLE))
                .stateMachineArn();
        String arn =
            client.startExecution(b -> b.stateMachineArn(machine).name("e")).executionArn();
        running.await();
        assertThatThrownBy(
                () ->
                    client.startExecution(
                        b -> b.stateMachineArn(machine).name("e").input("{\"other\":1}")))
            .isInstanceOf(ExecutionAlreadyExistsException.class);
        client.stopExecution(b -> b.executionArn(arn).error("E").cause("C"));
        var stopped = client.describeExecution(b -> b.executionArn(arn));
        assertThat(stopped.statusAsString()).isEqualTo("ABORTED");
        assertThat(stopped.error()).isEqualTo("E");
        assertThat(stopped.cause()).isEqualTo("C");
        assertThat(
                client
                    .listExecutionsPaginator(
                        b -> b.stateMachineArn(machine).statusFilter("ABORTED").maxResults(1))
                    .executions())
            .extracting(ExecutionListItem::name)
            .containsExactly("e");
        assertThatThrownBy(() -> client.describeExecution(b -> b.executionArn(arn + "x")))
            .isInstanceOf(ExecutionDoesNotExistException.class);
        assertThatThrownBy(() -> client.startExecution(b -> b.stateMachineArn(machine + "x")))
            .isInstanceOf(StateMachineDoesNotExistException.class);
        assertThatThrownBy(
                () ->
                    client.createStateMachine(
                        b -> b.name("n").definition("{\"StartAt\":\"A\"}").roleArn(ROLE)))
            .isInstanceOf(InvalidDefinitionException.class)
            .hasMessageContaining("at /QueryLanguage");
      }
    }
  }

  @Test
  void theSdkSeesMapRuns() throws Exception {
    try (EdgeServer edge = new EdgeServer(0, new FaultInjector(0))) {
      edge.register(service);
      edge.start();
      try (SfnClient client = Clients.sfn(edge.endpoint().orElseThrow())) {
        Execution ended =
            bench.run(
                machine(
                    "M",
                    "'M':{'Type':'Map','MaxConcurrency':3,'ItemProcessor':{'ProcessorConfig':"
                        + "{'Mode':'DISTRIBUTED','ExecutionType':'STANDARD'},'StartAt':'X',"
                        + "'States':{'X':{'Type':'Pass','End':true}}},'End':true}"),
                "[1,2,3,4,5]");
        var runs = client.listMapRuns(b -> b.executionArn(ended.arn())).mapRuns();
        assertThat(runs).hasSize(1);
        var mapRun = client.describeMapRun(b -> b.mapRunArn(runs.getFirst().mapRunArn()));
        assertThat(mapRun.status()).isEqualTo(MapRunStatus.SUCCEEDED);
        assertThat(mapRun.maxConcurrency()).isEqualTo(3);
        assertThat(mapRun.itemCounts().succeeded()).isEqualTo(5);
        assertThat(mapRun.itemCounts().total()).isEqualTo(5);
      }
    }
  }
}
