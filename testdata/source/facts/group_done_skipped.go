// One way out of the worker forgets Done.
package facts

import "sync"

func broadcast(addrs []string, post func(string)) {
	var wg sync.WaitGroup
	wg.Add(len(addrs)) // fact: adds
	for _, addr := range addrs {
		go func() {
			if addr == "" {
				return // fact: skips done
			}
			post(addr)
			wg.Done() // fact: done
		}()
	}
	wg.Wait() // blocks: sync.WaitGroup.Wait; fact: broadcast waits to wait for a group
}
