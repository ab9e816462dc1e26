// Package rbac owns what hardstrap knows of Kubernetes' RBAC: the ready-made roles as data, the names that
// Kubernetes keeps for itself, and which rules of a role open more than they say. It never reads a profile, never
// renders and never decides whether a role is let through: resolve and controls do. Start reading at Standard in
// roles.go, then judge.go.
package rbac
