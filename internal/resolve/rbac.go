package resolve

func expandRBAC(b *builder) {
}
