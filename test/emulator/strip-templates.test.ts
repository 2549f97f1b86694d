import { expect, test } from "vitest";
import { strip } from "./strip-templates.ts";

test("what is refused goes with all that refers to it, and leaves neither a dependency nor an output behind", () => {
  const template = {
    Resources: {
      Nat: { Type: "AWS::EC2::NatGateway" },
      Route: { Type: "AWS::EC2::Route", Properties: { NatGatewayId: { Ref: "Nat" } } },
      Watched: { Type: "AWS::CloudWatch::Alarm", Properties: { Metrics: [{ Expression: "a / b" }] } },
      Plain: { Type: "AWS::CloudWatch::Alarm", Properties: { MetricName: "Errors" } },
      OfRoute: { Type: "AWS::SSM::Parameter", Properties: { Value: { "Fn::GetAtt": ["Route", "Id"] } } },
      Queue: { Type: "AWS::SQS::Queue", DependsOn: ["Route", "Plain"] },
      Mapping: { Type: "AWS::Lambda::EventSourceMapping", DependsOn: "Nat" },
    },
    Outputs: { Gateway: { Value: { Ref: "Nat" } }, Url: { Value: { Ref: "Queue" } } },
  };
  expect(strip(template)).toEqual([
    "AWS::EC2::NatGateway Nat",
    "AWS::CloudWatch::Alarm Watched",
    "AWS::EC2::Route Route",
    "AWS::SSM::Parameter OfRoute",
  ]);
  expect(template).toEqual({
    Resources: {
      Plain: { Type: "AWS::CloudWatch::Alarm", Properties: { MetricName: "Errors" } },
      Queue: { Type: "AWS::SQS::Queue", DependsOn: ["Plain"] },
      Mapping: { Type: "AWS::Lambda::EventSourceMapping" },
    },
    Outputs: { Url: { Value: { Ref: "Queue" } } },
  });
});
