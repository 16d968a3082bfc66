package io.vmferry.local.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoleTest {
  private static final String OBJECT = "arn:aws:s3:::images/a/b.vmdk";

  private static Policy policy(String json) {
    try {
      return Policy.read("p", new ObjectMapper().readTree(json.replace('\'', '"')));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Policy statement(String members) {
    return policy("{'Version':'2012-10-17','Statement':[{" + members + "}]}");
  }

  private static Role role(Policy... policies) {
    return new Role(
        "arn:aws:iam::000000000000:role/reader",
        Set.of(),
        Arrays.asList(policies),
        Optional.empty());
  }

  private static boolean allows(Policy policy, Access access) {
    return role(policy).denial(access).isEmpty();
  }

  @Test
  void deniesWhatNothingAllows() {
    assertThat(role().denial(Access.to("s3:GetObject", OBJECT)))
        .hasValue(
            "User: arn:aws:sts::000000000000:assumed-role/reader/vmferry is not authorized to"
                + " perform: s3:GetObject on resource: arn:aws:s3:::images/a/b.vmdk because no"
                + " identity-based policy allows the s3:GetObject action");
  }

  @ParameterizedTest
  @CsvSource({
    "s3:GetObject, arn:aws:s3:::images/*, true",
    "s3:getobject, arn:aws:s3:::images/*, true",
    "s3:Get*, *, true",
    "*, arn:aws:s3:::images/a/?.vmdk, true",
    "s3:GetObjectVersion, *, false",
    "s3:GetObject, arn:aws:s3:::images, false",
    "s3:GetObject, arn:aws:s3:::Images/*, false",
    "s3:GetObject, arn:aws:s3:::images/a/?b.vmdk, false"
  })
  void comparesActionsInAnyCaseAndResourcesExactly(
      String action, String resource, boolean allowed) {
    Policy policy =
        statement("'Effect':'Allow','Action':'%s','Resource':'%s'".formatted(action, resource));

    assertThat(allows(policy, Access.to("s3:GetObject", OBJECT))).isEqualTo(allowed);
  }

  @Test
  void aDenyWinsOverEveryAllow() {
    Policy all = statement("'Effect':'Allow','Action':'*','Resource':'*'");
    Policy not = statement("'Effect':'Deny','Action':['s3:Get*'],'Resource':['" + OBJECT + "']");

    assertThat(role(all, not).denial(Access.to("s3:GetObject", OBJECT)).orElseThrow())
        .endsWith("with an explicit deny in an identity-based policy");
    assertThat(role(all, not).denial(Access.to("s3:PutObject", OBJECT))).isEmpty();
  }

  @Test
  void notActionAndNotResourceAreAboutTheOthers() {
    Policy notAction = statement("'Effect':'Allow','NotAction':'iam:*','Resource':'*'");
    Policy notResource =
        statement("'Effect':'Allow','Action':'*','NotResource':'arn:aws:s3:::images/*'");

    assertThat(allows(notAction, Access.to("s3:GetObject", OBJECT))).isTrue();
    assertThat(allows(notAction, Access.to("iam:CreateRole", "*"))).isFalse();
    assertThat(allows(notResource, Access.to("s3:GetObject", OBJECT))).isFalse();
  }

  @Test
  void aBoundaryAllowsNothingButTakesAway() {
    Policy all = statement("'Effect':'Allow','Action':'*','Resource':'*'");
    Policy reading = statement("'Effect':'Allow','Action':'s3:GetObject','Resource':'*'");
    Role bound =
        new Role("arn:aws:iam::000000000000:role/r", Set.of(), List.of(all), Optional.of(reading));
    Role nothing =
        new Role("arn:aws:iam::000000000000:role/r", Set.of(), List.of(), Optional.of(reading));

    assertThat(bound.denial(Access.to("s3:GetObject", OBJECT))).isEmpty();
    assertThat(bound.denial(Access.to("s3:PutObject", OBJECT)).orElseThrow())
        .contains("no permissions boundary allows");
    assertThat(nothing.denial(Access.to("s3:GetObject", OBJECT))).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          'StringEquals':{'aws:ResourceTag/vmferry:task':'t-1'}               | true
          'StringEquals':{'AWS:resourcetag/vmferry:task':['x','t-1']}         | true
          'StringEquals':{'aws:ResourceTag/vmferry:task':'t-2'}               | false
          'StringEquals':{'aws:ResourceTag/other':'t-1'}                      | false
          'StringEqualsIfExists':{'aws:ResourceTag/other':'t-1'}              | true
          'StringNotEquals':{'aws:ResourceTag/other':'t-1'}                   | true
          'StringNotEquals':{'aws:ResourceTag/vmferry:task':['x','t-1']}      | false
          'StringLike':{'aws:ResourceTag/vmferry:task':'t-*'}                 | true
          'StringNotLike':{'aws:ResourceTag/vmferry:task':'t-*'}              | false
          'StringEqualsIgnoreCase':{'aws:ResourceTag/vmferry:task':'T-1'}     | true
          'Null':{'aws:ResourceTag/vmferry:task':'false'}                     | true
          'Null':{'aws:ResourceTag/vmferry:task':'true'}                      | false
          'Null':{'aws:ResourceTag/other':'true'}                             | true
          'ForAllValues:StringEquals':{'aws:TagKeys':['a','b','c']}           | true
          'ForAllValues:StringEquals':{'aws:TagKeys':['a']}                   | false
          'ForAnyValue:StringEquals':{'aws:TagKeys':['a']}                    | true
          'ForAnyValue:StringEquals':{'aws:TagKeys':['c']}                    | false
          'Bool':{'aws:SecureTransport':'true'}                               | true
          'Bool':{'aws:SecureTransport':'false'}                              | false
          'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:role/r*'}             | true
          'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::*:role/x*'}           | false
          'NumericLessThanEquals':{'ebs:VolumeSize':'100'}                    | true
          'NumericGreaterThan':{'ebs:VolumeSize':'100'}                       | false
          """)
  void evaluatesConditions(String condition, boolean holds) {
    Policy policy =
        statement("'Effect':'Allow','Action':'*','Resource':'*','Condition':{" + condition + "}");
    Access access =
        new Access(
            "ebs:StartSnapshot",
            "arn:aws:ec2:us-east-1::snapshot/snap-1",
            Map.of(
                "aws:ResourceTag/vmferry:task", List.of("t-1"),
                "aws:TagKeys", List.of("a", "b"),
                "ebs:VolumeSize", List.of("100")));

    assertThat(allows(policy, access)).isEqualTo(holds);
  }

  @Test
  void allConditionsOfAStatementMustHold() {
    Policy policy =
        statement(
            "'Effect':'Allow','Action':'*','Resource':'*','Condition':{"
                + "'Bool':{'aws:SecureTransport':'true'},"
                + "'StringEquals':{'aws:PrincipalAccount':'111111111111'}}");

    assertThat(allows(policy, Access.to("s3:GetObject", OBJECT))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'Effect':'Maybe','Action':'*','Resource':'*'",
        "'Effect':'Allow','Resource':'*'",
        "'Effect':'Allow','Action':'*','NotAction':'*','Resource':'*'",
        "'Effect':'Allow','Action':'GetObject','Resource':'*'",
        "'Effect':'Allow','Action':[],'Resource':'*'",
        "'Effect':'Allow','Action':'*','Resource':'images/*'",
        "'Effect':'Allow','Action':'*','Resource':'arn:aws:s3:::${aws:username}/*'",
        "'Effect':'Allow','Action':'*','Resource':{'Ref':'Bucket'}",
        "'Effect':'Allow','Action':'*','Resource':'*','Principal':'*'",
        "'Effect':'Allow','Action':'*','Resource':'*','Condition':{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}}",
        "'Effect':'Allow','Action':'*','Resource':'*','Condition':{'StringEquals':{'aws:SourceVpce':'vpce-1'}}",
        "'Effect':'Allow','Action':'*','Resource':'*','Condition':{'StringEquals':{'aws:TagKeys':'a'}}",
        "'Effect':'Allow','Action':'*','Resource':'*','Condition':{'Bool':{'aws:SecureTransport':'yes'}}",
        "'Effect':'Allow','Action':'*','Resource':'*','Condition':{'NullIfExists':{'aws:TagKeys':'true'}}"
      })
  void refusesWhatItDoesNotEvaluate(String members) {
    assertThatThrownBy(() -> statement(members))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageStartingWith("policy p, /Statement[0]");
  }

  @Test
  void knowsTheKeysOfServicesThatAreNotHere() {
    Policy policy =
        statement(
            "'Effect':'Allow','Action':['kms:Decrypt'],'Resource':'*',"
                + "'Condition':{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}}");

    assertThat(policy.allowedActions()).containsExactly("kms:Decrypt");
    assertThatThrownBy(
            () ->
                statement(
                    "'Effect':'Allow','Action':['kms:Decrypt','s3:GetObject'],'Resource':'*',"
                        + "'Condition':{'StringEquals':{'kms:ViaService':'s3'}}"))
        .isInstanceOf(InvalidPolicyException.class);
  }

  @Test
  void eachRoleHasCredentialsOfItsOwn() {
    Role one = role();
    Role other =
        new Role("arn:aws:iam::000000000000:role/writer", Set.of(), List.of(), Optional.empty());

    assertThat(one.accessKeyId()).matches("ASIA[A-Z2-7]{16}").isEqualTo(role().accessKeyId());
    assertThat(other.accessKeyId()).isNotEqualTo(one.accessKeyId());
  }
}
