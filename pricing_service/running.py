def run(settings, out): pass
