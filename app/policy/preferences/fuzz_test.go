package preferences

import (
	"testing"

	"howett.net/plist"
)

// Whatever a file holds, reading it ends, and well.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`<plist version="1.0"><dict><key>Theme</key><string>dark</string><key>Defaults</key><dict><key>List</key><array><string>a</string><true/></array></dict></dict></plist>`))
	f.Add([]byte(`{Theme = dark;}`))
	f.Add([]byte("<plist><array/></plist>"))
	f.Add([]byte(""))
	binary, err := plist.Marshal(map[string]any{"Theme": "dark", "Defaults": map[string]any{"Number": 300, "List": []string{"a", "b"}}}, plist.BinaryFormat)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(binary)
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := Read(data)
		if (values == nil) == (err == nil) {
			t.Errorf("%v, %v", values, err)
		}
	})
}

func TestWhatIsNoDictionaryIsAnError(t *testing.T) {
	for what, text := range map[string]string{
		"nothing": "", "text": "Theme", "an older format": "{Theme = dark;}", "an array": "<plist><array/></plist>", "half of one": "<plist><dict><key>Theme</key>",
	} {
		if values, err := Read([]byte(text)); err == nil {
			t.Errorf("%s is read as %v", what, values)
		}
	}
}
