/**
 * What the emulator's CloudFormation refuses of a stage like `dev`, by type and logical id: whatever stands here is
 * asserted on the template only. A queue, a function or a mapping never belongs here.
 */
export const takenOut = ["AWS::SecretsManager::RotationSchedule CronSecretRotation"];
