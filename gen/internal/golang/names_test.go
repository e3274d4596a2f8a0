package golang

import "testing"

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, exported, local string }{
		{"doc", "Doc", "doc"},
		{"user_id", "UserID", "userID"},
		{"id", "ID", "id"},
		{"url_of_api", "URLOfAPI", "urlOfAPI"},
		{"a__b_", "AB", "aB"},
		{"utf8_1x", "UTF81x", "utf81x"},
		{"identity", "Identity", "identity"},
		{"order-items", "OrderItems", "orderItems"},
		{"public.users", "PublicUsers", "publicUsers"},
		{"orderItems", "OrderItems", "orderItems"},
		{"größe ändern", "GrößeÄndern", "größeÄndern"},
		{"日本", "日本", "日本"},
		{"a\u3164b\u200bc", "ABC", "aBC"},
		{"!?", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := exportedName(tt.name); got != tt.exported {
				t.Errorf("exported: got %s, want %s", got, tt.exported)
			}
			if got := localName(tt.name); got != tt.local {
				t.Errorf("local: got %s, want %s", got, tt.local)
			}
		})
	}
}
