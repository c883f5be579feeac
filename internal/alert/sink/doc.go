// SPDX-License-Identifier: Apache-2.0

// Package sink puts an alert into the form of one kind of sink and hands it over once: mail (SMTP),
// Slack-compatible webhooks, webhooks signed as Standard Webhooks says, PagerDuty Events v2 and
// Alertmanager v2. Secrets are named by reference and read from their vault for each message.
//
// Not here: when and how often a sink is told (alert). Send returns plain errors, which name what the
// sink answered and hold no secret; Config.Check returns API_VALIDATION_FAILED.
package sink
