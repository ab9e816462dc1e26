package resolve

func expandAdmissionPolicies(b *builder) {
}
