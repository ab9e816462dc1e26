package rbac

// Roles that are meant for the whole cluster.

func auditor() Role {
	return Role{
		Name:        "auditor",
		ClusterOnly: true,
		About: "Reads how the cluster is guarded: RBAC, admission, namespaces, nodes, workloads, network policies, certificate requests and events of all namespaces. No secrets, no configmaps, no logs; " +
			"environment variables of workloads are shown as they are.",
		grants: []grant{
			of("", read(), "endpoints", "limitranges", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods",
				"podtemplates", "replicationcontrollers", "resourcequotas", "serviceaccounts", "services"),
			events(),
			of("admissionregistration.k8s.io", read(), "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
				"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"),
			of("apiextensions.k8s.io", read(), "customresourcedefinitions"),
			of("apiregistration.k8s.io", read(), "apiservices"),
			of("apps", read(), "controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"),
			of("autoscaling", read(), "horizontalpodautoscalers"),
			of("batch", read(), "cronjobs", "jobs"),
			of("certificates.k8s.io", read(), "certificatesigningrequests", "clustertrustbundles"),
			of("certificates.k8s.io", read(), "podcertificaterequests").from(34),
			of("discovery.k8s.io", read(), "endpointslices"),
			of("flowcontrol.apiserver.k8s.io", read(), "flowschemas", "prioritylevelconfigurations"),
			of("networking.k8s.io", read(), "ingressclasses", "ingresses", "networkpolicies"),
			of("node.k8s.io", read(), "runtimeclasses"),
			of("policy", read(), "poddisruptionbudgets"),
			of("rbac.authorization.k8s.io", read(), "clusterrolebindings", "clusterroles", "rolebindings", "roles"),
			of("scheduling.k8s.io", read(), "priorityclasses"),
			of("storage.k8s.io", read(), "csidrivers", "storageclasses", "volumeattachments"),
		},
	}
}

func nodeReader() Role {
	return Role{
		Name:        "node-reader",
		ClusterOnly: true,
		About: "For monitoring: reads nodes and what kubelets tell of themselves (metrics, statistics, pods, configuration, health), without nodes/proxy, which would run commands in every pod. " +
			"A kubelet shows the environment variables of the pods it lists.",
		grants: []grant{
			of("", read(), "nodes"),
			of("", get(), kubeletPaths()...),
		},
	}
}

// kubeletPaths are the subresources by which a kubelet asks whether its paths may be read, instead of nodes/proxy
// (k8s.io/kubernetes v1.37.0, pkg/kubelet/server/auth.go; the feature gate KubeletFineGrainedAuthz is on by default
// since 1.33 and locked since 1.36). The API server serves none of them.
func kubeletPaths() []string {
	return []string{"nodes/configz", "nodes/healthz", "nodes/metrics", "nodes/pods", "nodes/stats"}
}

// administrator has what it takes to hand out the other roles, but operator's secrets: upstream lets nobody grant
// what they do not have (pkg/registry/rbac/validation/rule.go). What it lacks is what reaches around RBAC without a
// trace in it: bodies of secrets, tokens of others, webhooks, which see every object, and API servers of one's own,
// which see every request.
func administrator() Role {
	return Role{
		Name:        "administrator",
		ClusterOnly: true,
		About: "Runs the cluster day by day: nodes, namespaces, workloads, storage, admission policies, RBAC within its own rights, and kubelets' serving certificates. No secrets, no webhook configurations, no wildcard. It guards against mistakes, " +
			"not against an administrator: whoever writes pods in kube-system is root on the nodes.",
		grants: []grant{
			of("", manage(), "configmaps", "endpoints", "limitranges", "namespaces", "persistentvolumeclaims", "pods", "podtemplates",
				"replicationcontrollers", "resourcequotas", "serviceaccounts", "services"),
			of("", []string{"get", "list", "watch", "update", "patch", "delete"}, "nodes", "persistentvolumes"),
			of("", get(), kubeletPaths()...),
			of("", get(), "pods/log"),
			of("", connect(), "pods/attach", "pods/exec", "pods/portforward"),
			of("", scale(), "pods/ephemeralcontainers", "pods/resize", "replicationcontrollers/scale"),
			of("", create(), "pods/eviction"),
			of("", []string{"update"}, "namespaces/finalize"),
			of("", []string{"get", "list"}, "componentstatuses"),
			events(),
			of("admissionregistration.k8s.io", manage(), "validatingadmissionpolicies", "validatingadmissionpolicybindings"),
			of("admissionregistration.k8s.io", read(), "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
				"validatingwebhookconfigurations"),
			of("apiextensions.k8s.io", manage(), "customresourcedefinitions"),
			of("apiregistration.k8s.io", read(), "apiservices"),
			of("apps", manage(), "controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"),
			of("apps", scale(), "deployments/scale", "replicasets/scale", "statefulsets/scale"),
			of("authorization.k8s.io", create(), "localsubjectaccessreviews", "subjectaccessreviews"),
			of("autoscaling", manage(), "horizontalpodautoscalers"),
			of("batch", manage(), "cronjobs", "jobs"),
			of("certificates.k8s.io", []string{"get", "list", "watch", "delete"}, "certificatesigningrequests"),
			// kubectl certificate approve updates the subresource, and admission asks for approve of the signer
			// (plugin/pkg/admission/certificates/approval/admission.go of k8s.io/kubernetes v1.37.0).
			of("certificates.k8s.io", []string{"update"}, "certificatesigningrequests/approval"),
			of("certificates.k8s.io", []string{"approve"}, "signers").named(kubeletServing),
			of("certificates.k8s.io", read(), "clustertrustbundles"),
			of("certificates.k8s.io", read(), "podcertificaterequests").from(34),
			of("coordination.k8s.io", manage(), "leases"),
			of("discovery.k8s.io", manage(), "endpointslices"),
			of("flowcontrol.apiserver.k8s.io", manage(), "flowschemas", "prioritylevelconfigurations"),
			of("networking.k8s.io", manage(), "ingressclasses", "ingresses", "networkpolicies", "servicecidrs"),
			of("networking.k8s.io", read(), "ipaddresses"),
			of("node.k8s.io", manage(), "runtimeclasses"),
			of("policy", manage(), "poddisruptionbudgets"),
			of("rbac.authorization.k8s.io", manage(), "clusterrolebindings", "clusterroles", "rolebindings", "roles"),
			of("resource.k8s.io", manage(), "deviceclasses", "resourceclaims", "resourceclaimtemplates"),
			of("resource.k8s.io", read(), "resourceslices"),
			of("scheduling.k8s.io", manage(), "priorityclasses"),
			of("storage.k8s.io", manage(), "csidrivers", "storageclasses", "volumeattributesclasses"),
			of("storage.k8s.io", read(), "csinodes", "csistoragecapacities", "volumeattachments"),
			{urls: []string{"/healthz", "/livez", "/livez/*", "/metrics", "/readyz", "/readyz/*", "/version"}, verbs: get()},
		},
	}
}
