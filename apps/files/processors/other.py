"""Files of no kind that has a processor: nothing more is found out about them than about every file.

Memory: none that grows with the file.
"""

from apps.files.processors.base import Context, Processed, Processor


def process(context: Context) -> Processed:
    context.report(context.size, context.size)
    return Processed(result={})


PROCESSOR = Processor(kind="other", content_types=frozenset(), process=process)
