package report

import (
	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

const (
	manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
	profile  = "clusters/prod.yaml"
)

func inProfile(line, column int) settings.Origin {
	return settings.Origin{Source: settings.FromProfile, File: profile, Line: line, Column: column}
}

func inFile(file string, line, column int) settings.Origin {
	return settings.Origin{Source: settings.FromFile, File: file, Line: line, Column: column}
}

func said(v any, o settings.Origin) compare.Said {
	return compare.Said{Value: settings.Of(v), Origin: o}
}

func seen(d compare.Direction, v any, o settings.Origin) compare.Sighting {
	return compare.Sighting{Source: o.Source, Said: said(v, o), Direction: d}
}

// rich is a report with everything that a report can have.
func rich() *compare.Report {
	return &compare.Report{
		Profile: "production", Version: "1.37.0", At: "2027-01-15",
		Subjects: []compare.Subject{
			{Name: "cp-1", Role: settings.ControlPlane, Version: "1.37.0", Sources: []settings.Source{settings.FromFile, settings.FromProcess, settings.FromWire}},
			{Name: "cp-2", Role: settings.ControlPlane, Version: "1.37.0", Sources: []settings.Source{settings.FromFile, settings.FromProcess, settings.FromWire}},
			{Name: "cp-3", Role: settings.ControlPlane, Version: "1.37.0", Sources: []settings.Source{settings.FromFile, settings.FromProcess, settings.FromWire}},
			{Name: "w-1", Role: settings.Worker, Version: "1.36.3", Sources: []settings.Source{settings.FromFile}},
			{Sources: []settings.Source{settings.FromAPI}},
		},
		Findings: []compare.Finding{
			{
				Key: settings.Flag(settings.APIServer, "enable-admission-plugins"), Direction: compare.Weaker,
				Wanted: said([]string{"EventRateLimit", "NodeRestriction", "PodSecurity"}, inProfile(18, 22)),
				Found: []compare.Sighting{
					seen(compare.Weaker, []string{"AlwaysAdmit", "PodSecurity"}, inFile(manifest, 24, 7)),
					seen(compare.Weaker, []string{"AlwaysAdmit", "PodSecurity"}, settings.Origin{Source: settings.FromProcess, Note: "1234"}),
				},
				Opens:    "a kubelet may change other nodes and the pods of others",
				Controls: []string{"cis-1.12/1.2.9", "cis-1.12/1.2.14", "disa-stig/V-242381"},
				Remedy: []string{
					"lay host/control-plane/etc/kubernetes/kubeadm/init.yaml of the bundle over the node: hardstrap install BUNDLE --role control-plane",
					"kubeadm init phase upload-config all --config /etc/kubernetes/kubeadm/init.yaml",
					"kubeadm upgrade node --config /etc/kubernetes/kubeadm/upgrade.yaml",
				},
				Nodes: []string{"cp-1", "cp-2"}, Elsewhere: []string{"cp-3"},
			},
			{
				Key: settings.Flag(settings.APIServer, "profiling"), Direction: compare.Weaker,
				Wanted: said(false, settings.Origin{Source: settings.FromBuiltin, File: "built-in:cis-level-1", Line: 30, Column: 16}),
				Found: []compare.Sighting{
					seen("", false, inFile(manifest, 31, 7)),
					seen(compare.Weaker, true, settings.Origin{Source: settings.FromProcess, Note: "1234"}),
				},
				Opens:    "the profiler's data to whoever reaches the port",
				Controls: []string{"cis-1.12/1.2.15"},
				Remedy:   []string{"restart the process: its file is as wanted already"},
				Nodes:    []string{"cp-3"}, Elsewhere: []string{"cp-1", "cp-2"},
			},
			{
				Key: settings.Key{Component: settings.APIServer, Path: "AuditPolicy"}, Part: "rules[2]", Direction: compare.Weaker,
				Wanted: said(map[string]any{"level": "Metadata", "resources": []any{map[string]any{"group": "", "resources": []string{"secrets", "configmaps", "serviceaccounts/token"}}}}, inProfile(40, 5)),
				Found: []compare.Sighting{seen(compare.Weaker,
					map[string]any{"level": "None", "omitStages": []string{"RequestReceived"}, "resources": []any{map[string]any{"group": "", "resources": []string{"secrets", "configmaps"}}}},
					inFile("/etc/kubernetes/hardstrap/audit/policy.yaml", 12, 3))},
				Opens:   "who reads secrets leaves no trace",
				Expired: &compare.Waiver{Control: "cis-1.12/3.2.1", Reason: "the disk of the log is too small", Owner: "platform-team", Expires: "2026-12-31", Origin: inProfile(88, 3)},
				Nodes:   []string{"cp-1"}, Elsewhere: []string{"cp-2", "cp-3"},
			},
			{
				Key: settings.Flag(settings.Etcd, "cipher-suites"), Direction: compare.Unknown,
				Wanted: said([]string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, settings.Origin{Source: settings.FromDerived, Note: "tls.cipherSuites"}),
				Found:  []compare.Sighting{{Source: settings.FromWire, Said: compare.Said{Origin: settings.Origin{Source: settings.FromWire, Note: "10.0.0.3:2379"}}, Direction: compare.Unknown}},
				Opens:  "the connection was refused",
				Nodes:  []string{"cp-3"},
			},
			{
				Key: settings.ObjectKey("NetworkPolicy", "shop", "default-deny"), Direction: compare.Different,
				Message: "the policy is missing",
				Wanted:  compare.Said{Origin: inProfile(61, 3)},
				Found:   []compare.Sighting{{Source: settings.FromAPI, Said: compare.Said{Origin: settings.Origin{Source: settings.FromAPI}}, Direction: compare.Different}},
				Opens:   "every pod of the namespace may be reached from everywhere",
				Remedy:  []string{"kubectl apply --server-side --field-manager=hardstrap --filename manifests/30-networkpolicies/shop.yaml"},
			},
			{
				Key: settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: "evictionHard"}, Direction: compare.Different,
				Wanted: said(map[string]string{"memory.available": "200Mi", "nodefs.available": "10%"}, inProfile(70, 7)),
				Found:  []compare.Sighting{seen(compare.Different, map[string]string{"memory.available": "100Mi", "nodefs.available": "10%", "pid.available": "5%"}, inFile("/var/lib/kubelet/config.yaml", 33, 3))},
				Nodes:  []string{"w-1"},
			},
			{
				Key: settings.Key{Component: settings.Kubelet, Role: settings.ControlPlane, Path: "tlsCipherSuites"}, Direction: compare.Different,
				Wanted: said([]string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}, inProfile(9, 3)),
				Found:  []compare.Sighting{seen(compare.Different, []string{"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"}, settings.Origin{Source: settings.FromAPI, Note: "configz of cp-1"})},
				Nodes:  []string{"cp-1"}, Elsewhere: []string{"cp-2", "cp-3"},
			},
			{
				Key: settings.Key{Component: settings.Host, Role: settings.Worker, Path: "sysctl/kernel.kptr_restrict"}, Direction: compare.Stronger,
				Wanted: said(1, settings.Origin{Source: settings.FromBuiltin, File: "built-in:baseline", Line: 77, Column: 5}),
				Found:  []compare.Sighting{seen(compare.Stronger, 2, inFile("/proc/sys/kernel/kptr_restrict", 0, 0))},
				Nodes:  []string{"w-1"},
			},
			{
				Key: settings.Flag(settings.APIServer, "request-timeout"), Direction: compare.Weaker,
				Wanted:   said("5m0s", inProfile(25, 25)),
				Found:    []compare.Sighting{seen(compare.Weaker, "1m0s", settings.Origin{Source: settings.FromDefault})},
				Controls: []string{"cis-1.12/1.2.21"},
				Waiver:   &compare.Waiver{Control: "cis-1.12/1.2.21", Reason: "long watches are closed by the balancer anyway", Owner: "platform-team", Expires: "2027-06-30", Origin: inProfile(80, 3)},
				Nodes:    []string{"cp-1", "cp-2", "cp-3"},
			},
		},
		Matches:     matched(),
		NotLookedAt: []settings.Key{{Component: settings.Kubeadm, Path: "certificateValidityPeriod"}, {Component: settings.Kubeadm, Path: "encryptionAlgorithm"}},
		Unused:      []compare.Waiver{{Control: "cis-1.12/1.2.11", Reason: "the registry is not reachable while a node boots", Owner: "platform-team", Origin: inProfile(84, 3)}},
	}
}

func matched() []compare.Match {
	return []compare.Match{
		{Key: settings.Flag(settings.APIServer, "authorization-mode"), Found: []compare.Sighting{seen("", "Node,RBAC", inFile(manifest, 20, 7)), seen("", "Node,RBAC", settings.Origin{Source: settings.FromProcess, Note: "1234"})}, Nodes: []string{"cp-1", "cp-2", "cp-3"}},
		{Key: settings.Key{Component: settings.Kubelet, Role: settings.Worker, Path: "readOnlyPort"}, Found: []compare.Sighting{seen("", 0, settings.Origin{Source: settings.FromDefault})}, Nodes: []string{"w-1"}},
		{Key: settings.ObjectKey("Namespace", "", "shop"), Found: []compare.Sighting{seen("", map[string]any{"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "v1.37"}, settings.Origin{Source: settings.FromAPI})}},
	}
}

// same is a report without a difference.
func same() *compare.Report {
	return &compare.Report{
		Profile: "production", Version: "1.37.0", At: "2027-01-15",
		Subjects: []compare.Subject{
			{Name: "cp-1", Role: settings.ControlPlane, Version: "1.37.0", Sources: []settings.Source{settings.FromFile}},
			{Sources: []settings.Source{settings.FromAPI}},
		},
		Matches: matched(),
	}
}

// hostile is a report of a cluster that wants to be read as something else than text.
func hostile() *compare.Report { return hostileWith(evil) }

const evil = "x\x1b[2J\r\n::error::`|<script>\u202e%0A##[x]](http://e){0}\"'\\ @all #1 ]]>&\xff\u009b\u2028"

func hostileWith(evil string) *compare.Report {
	o := settings.Origin{Source: settings.FromFile, File: "/etc/" + evil, Line: 1, Column: 2, Note: evil}
	wanted := settings.Origin{Source: settings.FromProfile, File: evil, Line: 3, Note: evil}
	w := &compare.Waiver{Control: evil, Reason: evil, Owner: evil, Expires: evil, Origin: wanted}
	f := compare.Finding{
		Key: settings.Key{Component: evil, Role: evil, Path: evil}, Part: evil, Direction: compare.Weaker,
		Wanted: said("wanted", wanted), Found: []compare.Sighting{seen(compare.Weaker, evil, o)},
		Opens: evil, Controls: []string{evil}, Remedy: []string{evil}, Expired: w, Nodes: []string{evil}, Elsewhere: []string{evil},
	}
	listed, told, waived, apart := f, f, f, f
	listed.Wanted, listed.Found = said([]string{"a"}, wanted), []compare.Sighting{seen(compare.Weaker, []any{evil, map[string]any{evil: evil}}, o)}
	listed.Direction = compare.Different
	told.Message, told.Direction, told.Wanted, told.Nodes = evil, compare.Unknown, compare.Said{}, nil
	waived.Waiver, waived.Expired, waived.Direction = w, nil, compare.Stronger
	apart.Found = append(apart.Found, seen(compare.Direction(evil), nil, settings.Origin{Source: settings.Source(evil), Note: evil}))
	return &compare.Report{
		Profile: evil, Version: evil, At: evil,
		Subjects:    []compare.Subject{{Name: evil, Role: evil, Version: evil, Sources: []settings.Source{settings.Source(evil)}}, {}},
		Findings:    []compare.Finding{f, listed, told, waived, apart},
		Matches:     []compare.Match{{Key: f.Key, Found: f.Found, Nodes: f.Nodes}, {Key: f.Key}},
		NotLookedAt: []settings.Key{f.Key},
		Unused:      []compare.Waiver{*w},
	}
}

// wide is a report of texts in which a character takes two cells of a terminal.
func wide() *compare.Report {
	audit := "/etc/kubernetes/監査/方針.yaml"
	long := "承認済みの管理者だけがこのクラスタを変更できます。変更の記録は三年間保存されます。東京"
	return &compare.Report{
		Profile: "本番", Version: "1.37.0",
		Subjects: []compare.Subject{
			{Name: "東京-1", Role: settings.ControlPlane, Sources: []settings.Source{settings.FromFile}},
			{Name: "osaka-1", Role: settings.Worker, Sources: []settings.Source{settings.FromFile}},
		},
		Findings: []compare.Finding{
			{
				Key: settings.Key{Component: settings.Host, Path: "file/etc/motd"}, Direction: compare.Different,
				Wanted: said(long+"本社", inProfile(1, 1)), Found: []compare.Sighting{seen(compare.Different, long+"支社", inFile(audit, 2, 3))},
				Nodes: []string{"東京-1"},
			},
			{
				Key: settings.Flag(settings.APIServer, "service-account-issuer"), Direction: compare.Weaker,
				Wanted: said("https://東京.example", inProfile(2, 1)), Found: []compare.Sighting{seen(compare.Weaker, "true", inFile(audit, 4, 5)), seen(compare.Unknown, "大阪", settings.Origin{Source: settings.FromProcess, Note: "77"})},
				Opens: "承認 された 管理者 だけが この クラスタを 変更 できます という 約束が 守られません",
				Nodes: []string{"東京-1"},
			},
		},
	}
}
