package rbac

// Roles that are meant for a namespace. Their rules are checked against the resources that every minor serves
// (internal/auditpolicy/resources.tsv) by a test.

// events are in two groups, and both are asked for.
func events() grant {
	return grant{groups: []string{"", "events.k8s.io"}, resources: []string{"events"}, verbs: read()}
}

// viewed is what one sees of a namespace without its secrets. Logs are part of it: whoever has to understand a
// workload needs them, and what an application writes into its log is not secret to those who run it.
func viewed() []grant {
	return []grant{
		of("", read(), "configmaps", "endpoints", "limitranges", "persistentvolumeclaims", "pods", "podtemplates",
			"replicationcontrollers", "resourcequotas", "serviceaccounts", "services"),
		of("", get(), "namespaces", "pods/log"),
		events(),
		of("apps", read(), "controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"),
		of("autoscaling", read(), "horizontalpodautoscalers"),
		of("batch", read(), "cronjobs", "jobs"),
		of("discovery.k8s.io", read(), "endpointslices"),
		of("networking.k8s.io", read(), "ingresses", "networkpolicies"),
		of("policy", read(), "poddisruptionbudgets"),
	}
}

func viewer() Role {
	return Role{
		Name: "viewer",
		About: "Reads a namespace's workloads, services, configmaps, events and logs, and no secrets. Environment variables and logs are shown as they are: " +
			"a password that stands there is read too.",
		grants: viewed(),
	}
}

func operator() Role {
	return Role{
		Name: "operator",
		About: "Runs a namespace: its workloads, services, ingresses, configmaps, claims, autoscalers and disruption budgets, and secrets by name, which it cannot list. " +
			"Whoever creates pods can mount any secret of the namespace and run as any of its service accounts; the namespace is the boundary.",
		grants: append(viewed(),
			of("", write(), "configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "services"),
			of("", scale(), "pods/resize", "replicationcontrollers/scale"),
			of("", create(), "pods/eviction"),
			of("", []string{"get", "create", "update", "patch", "delete"}, "secrets"),
			of("apps", write(), "daemonsets", "deployments", "replicasets", "statefulsets"),
			of("apps", scale(), "deployments/scale", "replicasets/scale", "statefulsets/scale"),
			of("autoscaling", write(), "horizontalpodautoscalers"),
			of("batch", write(), "cronjobs", "jobs"),
			of("networking.k8s.io", write(), "ingresses"),
			of("policy", write(), "poddisruptionbudgets"),
		),
	}
}

// write is what manage has besides read.
func write() []string { return []string{"create", "update", "patch", "delete"} }

// connect is what streaming into a pod takes: clients that upgrade by WebSocket send a GET, others a POST
// (k8s.io/kubernetes v1.37.0, pkg/registry/core/pod/rest/subresources.go, which asks for create besides get).
func connect() []string { return []string{"get", "create"} }

func debugger() Role {
	return Role{
		Name: "debugger",
		About: "For whoever is on call: reads a namespace as viewer does, opens a shell in its pods, attaches debug containers, forwards ports, and restarts pods. No secrets by the API; " +
			"but a shell in a pod reads what is mounted there, its service account's token included.",
		grants: append(viewed(),
			of("", connect(), "pods/attach", "pods/exec", "pods/portforward"),
			of("", []string{"get", "update", "patch"}, "pods/ephemeralcontainers"),
			of("", []string{"delete"}, "pods"),
			of("", create(), "pods/eviction"),
		),
	}
}

func deployer() Role {
	return Role{
		Name: "deployer",
		About: "For continuous delivery: applies workloads, services, ingresses, configmaps, autoscalers and disruption budgets and sees how they come up. No secrets, no shell, no pods of its own; " +
			"but the workloads it writes can mount any secret of the namespace and run as any of its service accounts.",
		grants: []grant{
			of("", manage(), "configmaps", "services"),
			of("", read(), "pods", "persistentvolumeclaims", "serviceaccounts"),
			of("", get(), "namespaces", "pods/log"),
			events(),
			of("apps", manage(), "daemonsets", "deployments", "statefulsets"),
			of("apps", scale(), "deployments/scale", "statefulsets/scale"),
			of("apps", read(), "controllerrevisions", "replicasets"),
			of("autoscaling", manage(), "horizontalpodautoscalers"),
			of("batch", manage(), "cronjobs", "jobs"),
			of("discovery.k8s.io", read(), "endpointslices"),
			of("networking.k8s.io", manage(), "ingresses"),
			of("policy", manage(), "poddisruptionbudgets"),
		},
	}
}
