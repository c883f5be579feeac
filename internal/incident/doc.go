// SPDX-License-Identifier: Apache-2.0

// Package incident keeps what a team does when something is wrong: the incident with its states (named
// after the functions of the NIST CSF: detect, respond, recover), people and tasks, a timeline into which alerts and
// audited acts flow by themselves, evidence frozen with its hash, the resolution with follow-ups, and the report. The response plan is
// data: playbooks, embedded as YAML, from which tasks are made and the runbooks in docs are written. The contact book says whom to call.
//
// Not here: what is unusual (detect), who is told (alert), and what contains an attack (a
// Responder, wired in app). It judges no law: playbooks say when to ask counsel.
//
// Operations return errors of package errs: RESOURCE_NOT_FOUND, STATE_DOES_NOT_ALLOW, VERSION_CONFLICT,
// API_VALIDATION_FAILED.
package incident
