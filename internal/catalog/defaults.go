package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// defaultRow is a row of defaults.yaml.
type defaultRow struct {
	Keys    []string `yaml:"keys"`
	Value   any      `yaml:"value"`
	Zero    bool     `yaml:"zero"`
	Since   string   `yaml:"since"`
	Until   string   `yaml:"until"`
	Depends []string `yaml:"depends"`
	Source  string   `yaml:"source"`
}

//nolint:gochecknoglobals // decoded once: the embedded facts cannot change
var defaultRows = sync.OnceValues(func() (map[string]defaultRow, error) {
	var rows []defaultRow
	if err := decodeYAML("defaults.yaml", &rows); err != nil {
		return nil, err
	}
	out := map[string]defaultRow{}
	for _, row := range rows {
		value, err := asJSON(row.Value)
		if err != nil {
			return nil, fmt.Errorf("defaults.yaml: %s: %w", row.Keys, err)
		}
		row.Value = value
		for _, key := range row.Keys {
			if _, twice := out[key]; twice {
				return nil, fmt.Errorf("defaults.yaml: %s stands twice", key)
			}
			out[key] = row
		}
	}
	return out, nil
})

// asJSON gives a value the types that encoding/json decodes it to.
func asJSON(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(b, &out)
}

// Default returns what holds in the minor where a setting is not set: the default of a flag (path with its dashes) or of a
// field, also of some of kubeadm's configuration, with what an empty text or list stands for put in its place
// (defaults.yaml). The value has the types that encoding/json gives; a list or map that holds nothing is nil, a duration is
// the text Go prints. known is false for what the minor does not have, and for what only the running component knows.
//
// A flag of the kubelet or of kube-proxy that sets a field has the field's default: kubeadm starts both with a
// configuration file, and a flag that is not given changes nothing of it. Flag.Default is what holds without a file, which
// for the kubelet is weaker (k8s.io/kubernetes v1.37.0, cmd/kubelet/app/options/options.go, applyLegacyDefaults).
//
// What kubeadm sets is no default (KubeadmArgs, KubeadmFields), and DefaultDependsOn tells where another setting changes
// one. Some are given as they are written though they mean more: --enable-admission-plugins stands beside
// DefaultAdmissionPlugins, feature gates beside each gate's own default, and an empty tlsCertFile is a certificate that the
// component signs for itself.
func (m *Minor) Default(component, path string) (value any, known bool) {
	component, path = m.fieldFor(component, path)
	if !m.knows(component, path) {
		return nil, false
	}
	if row, ok := m.defaultRow(component + ":" + path); ok && row.Value != nil {
		return row.Value, true
	}
	if name, ok := strings.CutPrefix(path, "--"); ok {
		f, _ := m.Flag(component, name)
		return flagDefaultValue(f)
	}
	f, _ := m.Field(kindOf(component), path)
	switch {
	case f.HasDefault:
		return orNil(f.Default), true
	case strings.HasPrefix(f.Type, "[]"), strings.HasPrefix(f.Type, "map["):
		return nil, !strings.Contains(path, "[]") && !strings.Contains(path, "{}")
	}
	return nil, false
}

// MeansDefault reports whether a written value means the same as none: port: 0 is 10250, and
// streamingConnectionIdleTimeout: 0s four hours. readOnlyPort: 0 is what it says, and so is eventRecordQPS: 0 (no limit
// from 1.37 on; before, client-go's 5 a second), which is no default. A negative podPidsLimit is -1, the default.
func (m *Minor) MeansDefault(component, path string, value any) bool {
	component, path = m.fieldFor(component, path)
	if !m.knows(component, path) {
		return false
	}
	if component == kubeletComponent && path == "podPidsLimit" {
		// pkg/kubelet/apis/config/v1beta1/defaults.go
		n, err := strconv.ParseFloat(text(value), 64)
		return err == nil && n < 0
	}
	row, ok := m.defaultRow(component + ":" + path)
	return ok && row.Zero && isZero(value)
}

// DefaultDependsOn returns the settings, component:path each, that change a setting's default where they are set; none for
// most. Only their being set is told, not what then holds.
func (m *Minor) DefaultDependsOn(component, path string) []string {
	component, path = m.fieldFor(component, path)
	row, _ := m.defaultRow(component + ":" + path)
	return slices.Clone(row.Depends)
}

// defaultRow returns the row of defaults.yaml that holds for the minor.
func (m *Minor) defaultRow(key string) (defaultRow, bool) {
	rows, err := defaultRows()
	row, ok := rows[key]
	if err != nil || !ok || row.Since != "" && compareMinors(m.Name, row.Since) < 0 || row.Until != "" && compareMinors(m.Name, row.Until) > 0 {
		return defaultRow{}, false
	}
	return row, true
}

// fieldFor returns the field that a flag sets, for the components that always have a configuration file.
func (m *Minor) fieldFor(component, path string) (string, string) {
	if name, ok := strings.CutPrefix(path, "--"); ok && kindOf(component) != "" {
		if field, ok := m.FieldOfFlag(component, name); ok {
			return component, field
		}
	}
	return component, path
}

// knows reports whether the minor has a flag or field.
func (m *Minor) knows(component, path string) bool {
	if name, ok := strings.CutPrefix(path, "--"); ok {
		_, ok := m.Flag(component, name)
		return ok
	}
	if component == kubeadmComponent {
		_, ok := m.defaultRow(component + ":" + path)
		return ok // the catalog has no fields of kubeadm's configuration
	}
	_, ok := m.Field(kindOf(component), path)
	return ok
}

const (
	kubeletComponent   = "kubelet"
	kubeProxyComponent = "kube-proxy"
	kubeadmComponent   = "kubeadm"
)

// kindOf returns the kind of the configuration file that kubeadm gives a component, "" for none.
func kindOf(component string) string {
	switch component {
	case kubeletComponent:
		return "KubeletConfiguration"
	case kubeProxyComponent:
		return "KubeProxyConfiguration"
	}
	return ""
}

// flagDefaultValue types the default that a flag's help prints.
func flagDefaultValue(f Flag) (any, bool) {
	s := f.Default
	switch f.Type {
	case "bool":
		v, err := strconv.ParseBool(s)
		return v, err == nil
	case "int", "int32", "int64", "uint", "uint32", "uint64", "float32", "float64", "Level":
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil
	case "stringSlice", "stringArray", "namedCertKey", "Strings", "UniqueStrings", "SelectiveStrings", "UniqueURLs":
		var out []any
		for _, item := range items(strings.Trim(s, "[]")) {
			out = append(out, item)
		}
		return orNil(out), true
	case "int32Slice", "mapStringBool", "mapStringString", "stringToString", "colonSeparatedMultimapStringString", "featureGate":
		return nil, strings.Trim(s, "[]") == ""
	case "ip":
		return strings.TrimPrefix(s, "<nil>"), true
	}
	return s, true
}

// orNil returns nil for a list or map without anything in it.
func orNil(v any) any {
	switch t := v.(type) {
	case []any:
		if len(t) == 0 {
			return nil
		}
	case map[string]any:
		if len(t) == 0 {
			return nil
		}
	}
	return v
}

// isZero reports whether a value is nil, false, 0, an empty text or list, or a duration of nothing.
func isZero(v any) bool {
	switch t := orNil(v).(type) {
	case nil:
		return true
	case []string:
		return len(t) == 0
	}
	s := text(v)
	if s == "" || s == "false" {
		return true
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		var d time.Duration
		d, err = time.ParseDuration(s)
		n = d.Seconds()
	}
	return err == nil && n == 0
}
