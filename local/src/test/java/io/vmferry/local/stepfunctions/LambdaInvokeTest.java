package io.vmferry.local.stepfunctions;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import io.vmferry.local.lambda.FunctionSettings;
import io.vmferry.local.lambda.LambdaRuntime;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LambdaInvokeTest {
  /** Says no. */
  static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  private static final class Adder implements RequestHandler<Map<String, Integer>, Integer> {
    @Override
    public Integer handleRequest(Map<String, Integer> request, Context context) {
      int sum = request.values().stream().mapToInt(Integer::intValue).sum();
      if (sum < 0) {
        throw new RefusedException("the sum is " + sum);
      }
      return sum;
    }
  }

  private static Execution run(Path directory, String function, String input) throws Exception {
    try (LambdaRuntime runtime = new LambdaRuntime("us-east-1", "000000000000");
        StepFunctions engine =
            new StepFunctions(
                new StepFunctionsOptions(
                    directory, "us-east-1", "000000000000", 4, new JumpingTime()),
                List.of(new LambdaInvoke(runtime)),
                (bucket, key) -> new ByteArrayInputStream(new byte[0]))) {
      runtime.register("add", new Adder(), FunctionSettings.defaults());
      String definition =
          Workbench.machine(
              "A",
              "'A':{'Type':'Task','Resource':'arn:aws:states:::lambda:invoke','Arguments':"
                  + "{'FunctionName':'${Function}','Payload':'{% $states.input %}'},"
                  + "'Output':['{% $states.result.Payload %}','{% $states.result.StatusCode %}'],"
                  + "'Catch':[{'ErrorEquals':['"
                  + RefusedException.class.getName()
                  + "'],'Output':{'c':'{% $parse($states.errorOutput.Cause).errorMessage %}'},"
                  + "'Next':'Caught'}],'End':true},'Caught':{'Type':'Succeed'}");
      String machine = engine.create("m", definition, "r", Map.of("Function", function)).arn();
      return engine.await(engine.start(machine, null, input).arn(), Workbench.LONG);
    }
  }

  @Test
  void invokesAFunctionWithThePayloadAndReturnsItsAnswer(@TempDir Path directory) throws Exception {
    assertThat(run(directory, "add", "{\"a\":1,\"b\":2}").output()).contains("[3,200]");
  }

  @Test
  void anExceptionIsCaughtByTheNameOfItsClass(@TempDir Path directory) throws Exception {
    Execution ended =
        run(
            directory,
            "arn:aws:lambda:us-east-1:000000000000:function:add:$LATEST",
            "{\"a\":1,\"b\":-2}");
    assertThat(ended.output()).contains("{\"c\":\"the sum is -1\"}");
  }

  @Test
  void aFunctionThatIsNotThereIsAnErrorOfLambdas(@TempDir Path directory) throws Exception {
    Execution ended = run(directory, "gone", "{}");
    assertThat(ended.error()).contains("Lambda.ResourceNotFoundException");
  }
}
