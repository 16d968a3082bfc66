package io.vmferry.local.cloudformation;

import java.util.Map;
import java.util.Optional;

/**
 * The resource types that stacks may hold and that nothing here acts on, each with the reason. A
 * type that is in no list is refused.
 */
final class UnusedTypes {
  private static final String NETWORK = "there is no network here but the loopback interface";
  private static final String WATCHING = "nobody watches the embedded AWS";

  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("AWS::CDK::Metadata", "tells AWS which constructs are used"),
          Map.entry("AWS::CloudWatch::Alarm", WATCHING),
          Map.entry("AWS::CloudWatch::CompositeAlarm", WATCHING),
          Map.entry("AWS::CloudWatch::Dashboard", WATCHING),
          Map.entry("AWS::EC2::EIP", NETWORK),
          Map.entry("AWS::EC2::FlowLog", NETWORK),
          Map.entry("AWS::EC2::InternetGateway", NETWORK),
          Map.entry("AWS::EC2::NatGateway", NETWORK),
          Map.entry("AWS::EC2::Route", NETWORK),
          Map.entry("AWS::EC2::RouteTable", NETWORK),
          Map.entry("AWS::EC2::SecurityGroup", NETWORK),
          Map.entry("AWS::EC2::SecurityGroupEgress", NETWORK),
          Map.entry("AWS::EC2::SecurityGroupIngress", NETWORK),
          Map.entry("AWS::EC2::Subnet", NETWORK),
          Map.entry("AWS::EC2::SubnetRouteTableAssociation", NETWORK),
          Map.entry("AWS::EC2::VPC", NETWORK),
          Map.entry("AWS::EC2::VPCEndpoint", NETWORK),
          Map.entry("AWS::EC2::VPCGatewayAttachment", NETWORK),
          Map.entry("AWS::ECS::Cluster", "tasks run in processes of this machine"),
          Map.entry("AWS::ECS::TaskDefinition", "tasks run in processes of this machine"),
          Map.entry("AWS::Events::EventBus", "the default bus stands for all"),
          Map.entry("AWS::IAM::InstanceProfile", "instances have no credentials here"),
          Map.entry("AWS::KMS::Alias", "keys are noted, and encrypt nothing"),
          Map.entry("AWS::KMS::Key", "keys are noted, and encrypt nothing"),
          Map.entry("AWS::Lambda::EventInvokeConfig", "events are tried three times in any case"),
          Map.entry("AWS::Lambda::LayerVersion", "only for functions that are not Java's"),
          Map.entry("AWS::Lambda::Url", "EC2's actions of the API go to its function in any case"),
          Map.entry("AWS::Logs::LogGroup", "logs go to the standard error"),
          Map.entry("AWS::Logs::MetricFilter", WATCHING),
          Map.entry("AWS::Logs::QueryDefinition", WATCHING),
          Map.entry("AWS::Logs::ResourcePolicy", "logs go to the standard error"),
          Map.entry("AWS::S3::BucketPolicy", "it denies what is not encrypted on its way"),
          Map.entry("AWS::SNS::Subscription", "there is nobody to tell"),
          Map.entry("AWS::SNS::Topic", "there is nobody to tell"),
          Map.entry("AWS::SNS::TopicPolicy", "there is nobody to tell"),
          Map.entry("AWS::SQS::Queue", "it holds what failed, to look at"),
          Map.entry("AWS::SQS::QueuePolicy", "it holds what failed, to look at"));

  private UnusedTypes() {}

  /** Why nothing is done about a type; empty if it is not one of these. */
  static Optional<String> reason(String type) {
    // The CDK's own helpers that run while a stack is deployed or removed.
    return type.startsWith("Custom::")
        ? Optional.of("helps CloudFormation while it deploys")
        : Optional.ofNullable(REASONS.get(type));
  }
}
