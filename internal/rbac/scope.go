package rbac

// ClusterScoped returns the resources of a group of Kubernetes' own that belong to no namespace, in any supported
// minor (api/discovery of k8s.io/kubernetes v1.33.13 to v1.37.0), and those that authorization alone knows. Namespaces
// are not among them: a request for one by name counts as made in it
// (k8s.io/apiserver v0.37.0, pkg/endpoints/request/requestinfo.go).
func ClusterScoped(group string) []string {
	switch group {
	case "":
		return []string{"componentstatuses", "nodes", "persistentvolumes"}
	case "admissionregistration.k8s.io":
		return []string{
			"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
			"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
		}
	case "apiextensions.k8s.io":
		return []string{"customresourcedefinitions"}
	case "apiregistration.k8s.io":
		return []string{"apiservices"}
	case "authentication.k8s.io":
		return []string{"selfsubjectreviews", "tokenreviews"}
	case "authorization.k8s.io":
		return []string{"selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"}
	case "certificates.k8s.io":
		return []string{"certificatesigningrequests", "clustertrustbundles", "signers"}
	case "flowcontrol.apiserver.k8s.io":
		return []string{"flowschemas", "prioritylevelconfigurations"}
	case "internal.apiserver.k8s.io":
		return []string{"storageversions"}
	case "networking.k8s.io":
		return []string{"ingressclasses", "ipaddresses", "servicecidrs"}
	case "node.k8s.io":
		return []string{"runtimeclasses"}
	case "rbac.authorization.k8s.io":
		return []string{"clusterrolebindings", "clusterroles"}
	case "resource.k8s.io":
		return []string{"deviceclasses", "devicetaintrules", "resourcepoolstatusrequests", "resourceslices"}
	case "scheduling.k8s.io":
		return []string{"priorityclasses"}
	case "storage.k8s.io":
		return []string{"csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"}
	case "storagemigration.k8s.io":
		return []string{"storageversionmigrations"}
	}
	return nil
}
