package resolve

func expandNetworkPolicy(b *builder) {
}
