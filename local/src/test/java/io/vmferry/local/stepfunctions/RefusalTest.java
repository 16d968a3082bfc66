package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {
  private static final String TASK =
      "'Type':'Task','Resource':'arn:aws:states:::test:run','End':true";
  private static final String MAP =
      "'Type':'Map','End':true,'ItemProcessor':{'ProcessorConfig':{'Mode':'DISTRIBUTED',"
          + "'ExecutionType':'STANDARD'},'StartAt':'I','States':{'I':{'Type':'Pass','End':true}}}";
  private static final String READER =
      "'ItemReader':{'Resource':'arn:aws:states:::s3:getObject',"
          + "'ReaderConfig':{'InputType':'JSON'},'Arguments':{'Bucket':'b','Key':'k'}}";

  @TempDir Path directory;

  private void refuses(String definition, String path, String problem) {
    try (Workbench bench = new Workbench(directory)) {
      assertThatThrownBy(() -> bench.create("m", json(definition)))
          .isInstanceOfSatisfying(
              InvalidDefinitionException.class,
              e -> assertThat(e.path()).as(e.getMessage()).isEqualTo(path))
          .hasMessageContaining(problem);
      assertThat(bench.engine.machines()).isEmpty();
    }
  }

  private static String machine(String state) {
    return "{'QueryLanguage':'JSONata','StartAt':'A','States':{'A':{" + state + "}}}";
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          InputPath      | '$'                    | JSONPath
          OutputPath     | '$'                    | JSONPath
          ResultPath     | '$'                    | JSONPath
          Parameters     | {}                     | JSONPath
          ResultSelector | {}                     | JSONPath
          HeartbeatSeconds | 5                    | not supported
          Credentials    | {}                     | not supported
          Colour         | 'red'                  | not supported
          Next           | 'B'                    | either 'Next' or 'End'
          TimeoutSeconds | 0                      | Expected an integer from 1 to 99999999
          TimeoutSeconds | 1.5                    | Expected an integer
          TimeoutSeconds | 'ten'                  | Expected an integer
          QueryLanguage  | 'JSONPath'             | Only the query language 'JSONata'
          Output         | '{% 1 + %}'            | is invalid
          Output         | '{% $eval(`1`) %}'     | use $parse
          Output         | '{% $fetch(1) %}'      | not a function
          Output         | {'a':['{% $fetch(1) %}']} | not a function
          Assign         | ['x']                  | Expected an object
          Arguments      | {'Payload':1}          | Missing the argument 'Work'
          Arguments      | {'Work':'w','Other':1} | argument 'Other'
          Arguments      | 'text'                 | Expected an object
          Retry          | {}                     | Expected an array
          """)
  void refusesFieldsOfATask(String field, String value, String problem) {
    String definition = machine(TASK + ",'" + field + "':" + value);
    if (!definition.contains("'Arguments'")) {
      definition = definition.replace("'End'", "'Arguments':{'Work':'w'},'End'");
    }
    String path =
        switch (field) {
          case "Next" -> "/States/A";
          default -> value.startsWith("{'a'") ? "/States/A/Output/a[0]" : "/States/A/" + field;
        };
    refuses(definition, path, problem);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          'ErrorEquals':['X'],'MaxAttempts':-1      | /MaxAttempts     | Expected an integer
          'ErrorEquals':['X'],'BackoffRate':0.5     | /BackoffRate     | at least 1.0
          'ErrorEquals':['X'],'JitterStrategy':'X'  | /JitterStrategy  | not supported
          'ErrorEquals':['X'],'IntervalSeconds':5,'MaxDelaySeconds':5 | /MaxDelaySeconds | more
          'ErrorEquals':['X'],'Next':'A'            | /Next            | not supported
          'ErrorEquals':[]                          | /ErrorEquals     | at least one
          'ErrorEquals':['States.ALL','X']          | /ErrorEquals     | must stand alone
          'ErrorEquals':['States.Runtime']          | /ErrorEquals     | never reaches
          'ErrorEquals':['States.BranchFailed']     | /ErrorEquals     | never reaches
          'MaxAttempts':1                           | ""               | Missing the field
          """)
  void refusesFieldsOfRetry(String retrier, String path, String problem) {
    refuses(
        machine(TASK + ",'Arguments':{'Work':'w'},'Retry':[{" + retrier + "}]"),
        "/States/A/Retry[0]" + path,
        problem);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          'ItemsPath':'$'                  | ItemsPath             | JSONPath
          'ItemBatcher':{}                 | ItemBatcher           | not supported
          'ResultWriter':{}                | ResultWriter          | not supported
          'Iterator':{}                    | Iterator              | not supported
          'Items':{'a':1}                  | Items                 | Expected an array
          'MaxConcurrency':-1              | MaxConcurrency        | Expected an integer
          'ToleratedFailurePercentage':101 | ToleratedFailurePercentage | from 0 to 100
          'Label':'a b'                    | Label                 | 1 to 40 characters
          """)
  void refusesFieldsOfADistributedMap(String field, String name, String problem) {
    refuses(machine(MAP + "," + field), "/States/A/" + name, problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          'JSON'        | 'CSV'                    | /ReaderConfig/InputType    | not supported
          'JSON'        | 'JSON','ItemsPointer':'/a' | /ReaderConfig/ItemsPointer | not supported
          s3:getObject  | s3:listObjectsV2         | /Resource                  | not supported
          'Key':'k'     | 'Key':'k','VersionId':'' | /Arguments/VersionId       | not supported
          ,'Key':'k'    | ""                       | /Arguments                 | Missing the field
          """)
  void refusesFieldsOfAnItemReader(String what, String by, String path, String problem) {
    refuses(machine(MAP + "," + READER.replace(what, by)), "/States/A/ItemReader" + path, problem);
  }

  @Test
  void refusesDistributedFieldsInAnInlineMap() {
    String inline = MAP.replace(",'ExecutionType':'STANDARD'", "").replace("DISTRIBUTED", "INLINE");
    refuses(machine(inline + "," + READER), "/States/A/ItemReader", "not supported");
    refuses(
        machine(inline + ",'ToleratedFailureCount':1"),
        "/States/A/ToleratedFailureCount",
        "not supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          'Type':'Task','Resource':'arn:aws:states:::ecs:runTask.sync','End':true | /States/A/Resource | not supported
          'Type':'Loop'                                                | /States/A/Type     | 'Loop'
          'Type':'Pass'                                                | /States/A          | 'Next' or 'End'
          'Type':'Pass','Result':1,'End':true                          | /States/A/Result   | JSONPath
          'Type':'Pass','Next':'B'                                     | /States/A/Next     | no state 'B'
          'Type':'Pass','Next':'A'                                     | /States            | ends it
          'Type':'Pass','End':true,'Retry':[]                          | /States/A/Retry    | not supported
          'Type':'Pass','End':true,'Assign':{'a.b':1}                  | /States/A/Assign/a.b | no name
          'Type':'Pass','End':true,'Assign':{'states':1}               | /States/A/Assign/states | no name
          'Type':'Pass','End':true,'Output':{'a.$':'$.b'}              | /States/A/Output/a.$ | JSONPath
          'Type':'Wait','End':true                                     | /States/A          | 'Seconds' or
          'Type':'Wait','End':true,'Seconds':1,'Timestamp':'{% 1 %}'   | /States/A          | 'Seconds' or
          'Type':'Wait','End':true,'Seconds':-1                        | /States/A/Seconds  | integer
          'Type':'Wait','End':true,'Timestamp':'tomorrow'              | /States/A/Timestamp | RFC 3339
          'Type':'Wait','End':true,'SecondsPath':'$.s'                 | /States/A          | 'Seconds' or
          'Type':'Succeed','End':true                                  | /States/A/End      | not supported
          'Type':'Fail','Error':1                                      | /States/A/Error    | string
          'Type':'Fail','ErrorPath':'$.e'                              | /States/A/ErrorPath | JSONPath
          'Type':'Choice','Choices':[]                                 | /States/A/Choices  | at least one
          'Type':'Choice','Choices':[{'Condition':true,'Next':'A'}]    | /States/A/Choices[0]/Condition | string
          'Type':'Choice','Choices':[{'Condition':'x','Next':'A'}]     | /States/A/Choices[0]/Condition | JSONata
          'Type':'Choice','Choices':[{'Condition':'{% true %}','Next':'A','Variable':'$'}] | /States/A/Choices[0]/Variable | JSONPath
          'Type':'Parallel','Branches':[],'End':true                   | /States/A/Branches | at least one
          'Type':'Parallel','End':true,'Branches':[{'StartAt':'X','States':{}}] | /States/A/Branches[0]/States | at least one
          'Type':'Parallel','End':true,'Branches':[{'StartAt':'A','States':{'A':{'Type':'Succeed'}}}] | /States/A/Branches[0]/States/A | second state
          'Type':'Parallel','End':true,'Branches':[{'StartAt':'X','States':{'X':{'Type':'Pass','Next':'A'}}}] | /States/A/Branches[0]/States/X/Next | no state 'A'
          """)
  void refusesStates(String state, String path, String problem) {
    refuses(machine(state), path, problem);
  }

  @Test
  void refusesAssigningAnOuterVariableInABranch() {
    refuses(
        machine(
            "'Type':'Parallel','Assign':{'x':1},'End':true,'Branches':[{'StartAt':'X','States':{"
                + "'X':{'Type':'Pass','Assign':{'x':2},'End':true}}}]"),
        "/States/A/Branches[0]/States",
        "'x' is assigned in an outer level");
  }

  @Test
  void refusesWholeDefinitions() {
    refuses("[]", "", "Expected an object");
    refuses("{", "", "not JSON");
    refuses("{'QueryLanguage':'JSONata','QueryLanguage':'JSONata'}", "", "Duplicate field");
    refuses("{'StartAt':'A','States':{}}", "/QueryLanguage", "JSONata");
    refuses("{'QueryLanguage':'JSONata'}", "", "'StartAt'");
    refuses(
        "{'QueryLanguage':'JSONata','StartAt':'B','States':{'A':{'Type':'Succeed'}}}",
        "/StartAt",
        "no state 'B'");
    refuses(
        "{'QueryLanguage':'JSONata','Version':'2.0','StartAt':'A','States':{}}", "/Version", "1.0");
    refuses(
        "{'QueryLanguage':'JSONata','Extra':1,'StartAt':'A','States':{'A':{'Type':'Succeed'}}}",
        "/Extra",
        "not supported");
    String longName = "n".repeat(81);
    refuses(
        "{'QueryLanguage':'JSONata','StartAt':'A','States':{'" + longName + "':{}}}",
        "/States/" + longName,
        "1 to 80");
  }

  @Test
  void fillsPlaceholdersAndRefusesThoseWithoutValue() throws Exception {
    String definition = json(machine("'Type':'Pass','Output':['${Text}',${Number}],'End':true"));
    try (Workbench bench = new Workbench(directory)) {
      StateMachine machine =
          bench.engine.create("m", definition, "role", Map.of("Text", "a\"b", "Number", "7"));
      Execution started = bench.engine.start(machine.arn(), null, "{}");
      assertThat(bench.engine.await(started.arn(), Workbench.LONG).output())
          .contains("[\"a\\\"b\",7]");
      assertThatThrownBy(() -> bench.engine.create("n", definition, "role", Map.of("Text", "x")))
          .hasMessageContaining("${Number}");
    }
  }

  @Test
  void allowsStatesThatNothingLeadsTo() throws Exception {
    try (Workbench bench = new Workbench(directory)) {
      assertThat(
              bench.output(
                  json(
                      "{'QueryLanguage':'JSONata','StartAt':'A','States':{"
                          + "'A':{'Type':'Succeed'},'B':{'Type':'Succeed'}}}"),
                  "1"))
          .isEqualTo(Workbench.parse("1"));
    }
  }
}
