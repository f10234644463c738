// A field, used in methods of its type; the same field of another type is another channel.
package facts // fact: field lines of tailer

type tailer struct {
	lines chan string
}

type other struct{ lines chan string }

func (t *tailer) run() {
	for { // fact: endless loop
		t.lines <- "line" // blocks: chan send; fact: (*tailer).run waits to send; send in a loop, own
	}
}

func head(n int) (got []string) {
	t := &tailer{lines: make(chan string, 4)} // fact: made with room for 4
	go t.run()                                // started; fact: started by go
	for len(got) < n {
		got = append(got, <-t.lines) // fact: receive in a loop, beside go; first receive
	}
	return got
}

func (t *tailer) drain() {
	for range t.lines { // fact: receive by range
	}
}

func (o *other) drain() {
	for range o.lines {
	}
}
