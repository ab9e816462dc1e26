package main

import (
	"fmt"
	"strings"
)

// The words of precedence; internal/catalog/flagfields.go says what they mean.
const (
	flagWins = "flag"
	fileWins = "file"
	merged   = "merged"
	either   = "either"
)

const logOptions = "component-base/logs/api/v1/options.go"

// rows are the flags of every component of the release that have a field.
func (r *release) rows() ([]row, error) {
	var out []row
	for _, read := range []func(*release) ([]row, error){kubelet, kubeProxy, kubeScheduler} {
		rows, err := read(r)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// logging returns the flags of logs/api/v1, which lie below the field Logging.
func logging(r *release) ([]binding, error) {
	fn, err := r.function(logOptions, "addFlags")
	if err != nil {
		return nil, err
	}
	if err := r.says(logOptions, `"log-text-split-stream", false,`); err != nil {
		return nil, err // the note of loggingNote rests on it
	}
	out := registered(fn, "c")
	for i := range out {
		out[i].path = "Logging." + out[i].path
	}
	return out, nil
}

// loggingNote is what re-registering the flags over a loaded file does to a field: BoolVar writes its default there.
func loggingNote(flag string) string {
	if strings.HasSuffix(flag, "-split-stream") {
		return "a file's value is lost even where the flag is not given: registering the flag writes false over it"
	}
	return ""
}

func kubelet(r *release) ([]row, error) {
	const options, server = "kubernetes/cmd/kubelet/app/options/options.go", "kubernetes/cmd/kubelet/app/server.go"
	t, err := r.types("kubelet/config/v1beta1/types.go", "component-base/logs/api/v1/types.go")
	if err != nil {
		return nil, err
	}
	fn, err := r.function(options, "AddKubeletConfigFlags")
	if err != nil {
		return nil, err
	}
	logs, err := logging(r)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{
		"if err := kubeletConfigFlagPrecedence(kubeletConfig, args)",
		"if _, ok := kc.FeatureGates[k]; !ok {\n\t\t\tkc.FeatureGates[k] = v",
		"kubeServer.KubeletFlags.SeccompDefault || kubeServer.KubeletConfiguration.SeccompDefault",
	} {
		if err := r.says(server, text); err != nil {
			return nil, err
		}
	}
	out := []row{{"kubelet", "seccomp-default", "seccompDefault", either, "a flag of its own, beside the field: true in either is true"}}
	for _, b := range append(registered(fn, "c"), logs...) {
		field, err := t.json("KubeletConfiguration", b.path)
		if err != nil {
			return nil, err
		}
		line := row{"kubelet", b.flag, field, flagWins, loggingNote(b.flag)}
		switch b.flag {
		case "feature-gates":
			line.precedence, line.note = merged, "gates of the file that the flag does not name stay"
		case "vmodule":
			line.precedence, line.note = merged, "what the flag says comes after the file's"
		}
		out = append(out, line)
	}
	return out, nil
}

func kubeProxy(r *release) ([]row, error) {
	const options = "kubernetes/cmd/kube-proxy/app/options.go"
	t, err := r.types("kube-proxy/config/v1alpha1/types.go", "component-base/config/v1alpha1/types.go", "component-base/logs/api/v1/types.go")
	if err != nil {
		return nil, err
	}
	add, err := r.function(options, "AddFlags")
	if err != nil {
		return nil, err
	}
	later, err := r.function(options, "processV1Alpha1Flags")
	if err != nil {
		return nil, err
	}
	logs, err := logging(r)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{
		"_ = copyLogsFromFlags(fs, &c.Logging)\n\t\to.config = c",
		"o.config.HostnameOverride = strings.ToLower(hostName)",
		"to.VModule = append(to.VModule, vmodule...)",
	} {
		if err := r.says(options, text); err != nil {
			return nil, err
		}
	}
	out := []row{{"kube-proxy", "hostname-override", "hostnameOverride", flagWins, "in lower case"}}
	for _, b := range append(registered(add, "o.config"), changed(later, "o.config")...) {
		path, note := v1alpha1Path(b)
		field, err := t.json("KubeProxyConfiguration", path)
		if err != nil {
			return nil, err
		}
		out = append(out, row{"kube-proxy", b.flag, field, fileWins, note})
	}
	for _, b := range logs {
		field, err := t.json("KubeProxyConfiguration", b.path)
		if err != nil {
			return nil, err
		}
		line := row{"kube-proxy", b.flag, field, flagWins, loggingNote(b.flag)}
		if b.flag == "vmodule" {
			line.precedence, line.note = merged, "what the flag says comes before the file's"
		}
		out = append(out, line)
	}
	return out, nil
}

// v1alpha1Path turns a path of kube-proxy's internal configuration into that of its file, where the conversion is written
// by hand (pkg/proxy/apis/config/v1alpha1/conversion.go).
func v1alpha1Path(b binding) (path, note string) {
	switch b.path {
	case "Linux.MasqueradeAll":
		return "IPTables.MasqueradeAll", "nftables.masqueradeAll in that mode"
	case "SyncPeriod", "MinSyncPeriod":
		if strings.HasPrefix(b.flag, "ipvs-") {
			return "IPVS." + b.path, "in that mode only"
		}
		return "IPTables." + b.path, "of the mode's own section, but for ipvs"
	case "DetectLocal.ClusterCIDRs":
		return "ClusterCIDR", ""
	}
	return strings.TrimPrefix(b.path, "Linux."), ""
}

func kubeScheduler(r *release) ([]row, error) {
	const options = "kubernetes/cmd/kube-scheduler/app/options/options.go"
	t, err := r.types("kube-scheduler/config/v1/types.go", "component-base/config/v1alpha1/types.go")
	if err != nil {
		return nil, err
	}
	if err := r.says(options, "cfg, err := LoadConfigFromFile(logger, o.ConfigFile)\n\t\tif err != nil {\n\t\t\treturn err\n\t\t}\n"+
		"\t\t// If the --config arg is specified, honor the leader election CLI args only."); err != nil {
		return nil, err
	}
	var out []row
	for _, part := range []struct{ function, root, precedence string }{
		{"ApplyDeprecated", "o.ComponentConfig", fileWins},
		{"ApplyLeaderElectionTo", "cfg", flagWins},
	} {
		fn, err := r.function(options, part.function)
		if err != nil {
			return nil, err
		}
		found := changed(fn, part.root)
		if len(found) == 0 {
			return nil, fmt.Errorf("%s sets nothing", part.function)
		}
		for _, b := range found {
			field, err := t.json("KubeSchedulerConfiguration", b.path)
			if err != nil {
				return nil, err
			}
			out = append(out, row{"kube-scheduler", b.flag, field, part.precedence, ""})
		}
	}
	return out, nil
}
